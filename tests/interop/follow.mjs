// SPDX-License-Identifier: AGPL-3.0-or-later
// Groups that follow others, with ts-mls: re-initialised and branched, each made
// by ours and by ts-mls. Its peer does not offer them, so the library is driven
// here. See README.md.
import assert from "node:assert/strict"
import path from "node:path"
import { pathToFileURL } from "node:url"
import { clientName } from "./pool.mjs"

const SUITE = "MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519"
const hex = (b) => Buffer.from(b).toString("hex")
const bin = (s) => new Uint8Array(Buffer.from(s, "hex"))
const name = hex(Buffer.from(clientName(0x2ff)))

// Two of ours and one of ts-mls in a group, which the latter has joined.
class Old {
  static async begin(mls, tree, peers, number) {
    const o = new Old()
    Object.assign(o, { mls, tree, peers, id: hex(Buffer.from(`old ${number}`)), next: hex(Buffer.from(`next ${number}`)) })
    o.cs = await mls.getCiphersuiteImpl(mls.getCiphersuiteFromName(SUITE))
    o.signature = await o.cs.signature.keygen()
    const [a, b] = peers
    for (const p of peers) await p.do("configure", { storing: number % 2 === 1 })
    await a.do("create_group", { group: o.id, identity: a.name })
    const mine = await o.keyPackage()
    const kb = (await b.do("key_package", { identity: b.name })).key_package
    const added = await a.do("add", { group: o.id, key_packages: [mine.message, kb], public: true })
    await b.do("join", { welcome: added.welcome })
    o.state = await mls.joinGroup(o.read(added.welcome).welcome, mine.public, mine.private, mls.emptyPskIndex, o.cs)
    return o
  }
  read(message) { return this.mls.decodeMlsMessage(bin(message), 0)[0] }
  write(wireformat, field, value) { return hex(this.mls.encodeMlsMessage({ version: "mls10", wireformat, [field]: value })) }
  async keyPackage() {
    const k = await this.mls.generateKeyPackageWithKey(
      { credentialType: "basic", identity: bin(name) },
      { versions: ["mls10"], ciphersuites: [SUITE], extensions: [], proposals: [], credentials: ["basic"] },
      { notBefore: 0n, notAfter: 9223372036854775807n }, [], this.signature, this.cs)
    return { public: k.publicPackage, private: k.privatePackage, message: this.write("mls_key_package", "keyPackage", k.publicPackage) }
  }
  async hear(message) {
    const r = await this.mls.processMessage(this.read(message), this.state, this.mls.makePskIndex(this.state, {}), () => "accept", this.cs)
    this.state = r.newState
    return r
  }
  // All agree in the new group, and a message opens everywhere.
  async compare(welcomed) {
    const { peers, next } = this
    for (const p of peers) {
      const a = await p.do("epoch_authenticator", { group: next })
      assert.equal(a.epoch, 1)
      assert.equal(a.epoch_authenticator, hex(welcomed.keySchedule.epochAuthenticator))
    }
    this.state = welcomed
    const { message } = await peers[0].do("encrypt", { group: next, plaintext: "68656c6c6f" })
    assert.equal(hex((await this.hear(message)).message), "68656c6c6f")
    assert.equal((await peers[1].do("decrypt", { group: next, message })).plaintext, "68656c6c6f")
  }
  async end() {
    for (const p of this.peers)
      for (const group of [this.id, this.next]) await p.ask("leave", { group })
  }
}

async function ended(o, byOurs) {
  const [a, b] = o.peers
  if (byOurs) {
    const { commit } = await a.do("reinit", { group: o.id, to: o.next })
    await b.do("process", { group: o.id, message: commit })
    await o.hear(commit)
  } else {
    const r = await o.mls.reinitGroup(o.state, bin(o.next), "mls10", SUITE, [], o.cs)
    const message = hex(o.mls.encodeMlsMessage(r.commit))
    for (const p of o.peers) await p.do("process", { group: o.id, message })
    o.state = r.newState
  }
  assert.equal(o.state.groupActiveState.kind, "suspendedPendingReinit")
  for (const p of o.peers) assert.equal((await p.ask("encrypt", { group: o.id, plaintext: "00" })).error, "TURN")
}

async function madeByOurs(o, branch) {
  const [a, b] = o.peers
  const mine = await o.keyPackage()
  const { key_package } = await b.do("key_package")
  const { welcome } = await a.do("follow", { group: o.id, key_packages: [key_package, mine.message], path: o.id.endsWith("1"), ...(branch ? { branch: o.next } : {}) })
  await b.do("join", { welcome, past: o.id })
  const w = o.read(welcome).welcome
  await o.compare(branch
    ? await o.mls.joinGroupFromBranch(o.state, w, mine.public, mine.private, undefined, o.cs)
    : await o.mls.joinGroupFromReinit(o.state, w, mine.public, mine.private, undefined))
}

async function madeByTheirs(o, branch) {
  const mine = await o.keyPackage()
  const others = []
  for (const p of o.peers) others.push(o.read((await p.do("key_package")).key_package).keyPackage)
  const made = branch
    ? await o.mls.branchGroup(o.state, mine.public, mine.private, others, bin(o.next), o.cs)
    : await o.mls.reinitCreateNewGroup(o.state, mine.public, mine.private, others, bin(o.next), SUITE, [])
  const welcome = o.write("mls_welcome", "welcome", made.welcome)
  for (const p of o.peers) await p.do("join", { welcome, ratchet_tree: o.tree(made.newState), past: o.id })
  await o.compare(made.newState)
}

// How many groups that followed were compared; throws at the first that differs.
export async function follow(pool, others, rounds) {
  const load = (file) => import(pathToFileURL(path.resolve(others, "node_modules/ts-mls/dist/src", file)).href)
  const mls = await load("index.js")
  const { ratchetTreeEncoder } = await load("ratchetTree.js")
  const { encode } = await load("codec/tlsEncoder.js")
  const tree = (state) => hex(encode(ratchetTreeEncoder)(state.ratchetTree))
  let count = 0
  for (let i = 0; i < rounds; i++)
    for (const branch of [false, true])
      for (const ours of [true, false]) {
        const o = await Old.begin(mls, tree, pool.take("pristan", 2), count)
        if (!branch) await ended(o, i % 2 === 0)
        await (ours ? madeByOurs : madeByTheirs)(o, branch)
        await o.end()
        count++
      }
  return count
}
