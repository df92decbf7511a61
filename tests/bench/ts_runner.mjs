// SPDX-License-Identifier: AGPL-3.0-or-later
// node ts_runner.mjs N       the operations of bench_mls by the npm package
//                            ts-mls 1.6, "key value" lines: ms or bytes
// node ts_runner.mjs check   exit code 0 when the package can be loaded
//
// MLS_PEER_MODULES names the directory that holds node_modules with ts-mls,
// @hpke/chacha20poly1305, @noble/ciphers and @noble/curves; without it the one
// where ./dev interop has installed them. Nothing is fetched from anywhere.
import os from "node:os"
import path from "node:path"
import { register } from "node:module"
import { pathToFileURL } from "node:url"

const cache = process.env.XDG_CACHE_HOME || path.join(os.homedir(), ".cache")
const base = process.env.MLS_PEER_MODULES || path.join(cache, "pristan-interop")
const load = (name) => import(pathToFileURL(
  path.resolve(base, "node_modules/ts-mls/dist/src", name)).href)

// ts-mls 1.6 wants equal lists of unmerged leaves when it checks a tree; no
// member is unmerged here, so that defect does not matter.
let mls
try {
  mls = await load("index.js")
} catch (e) {
  console.error(`ts-mls cannot be loaded from ${base}: ${e.message}`)
  console.error("./dev interop installs it; or set MLS_PEER_MODULES to where "
    + "its node_modules are")
  process.exit(1)
}
if (process.argv[2] === "check") process.exit(0)

const { defaultClientConfig } = await load("clientConfig.js")
const SUITE = "MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519"
const cs = await mls.getCiphersuiteImpl(mls.getCiphersuiteFromName(SUITE))
const config = { ...defaultClientConfig,
  paddingConfig: { kind: "alwaysPad", paddingLength: 0 } }
const capabilities = { versions: ["mls10"], ciphersuites: [SUITE],
  extensions: [], proposals: [], credentials: ["basic"] }
const n = Number(process.argv[2])
const print = (key, value) => console.log(`${key} ${value}`)
const wire = (wireformat, field, value) =>
  mls.encodeMlsMessage({ version: "mls10", wireformat, [field]: value })

// Milliseconds of one call: the lower of wall clock and processor time, which
// favours ts-mls on a busy machine.
async function timed(call) {
  const wall = performance.now()
  const cpu = process.cpuUsage()
  const result = await call()
  const used = process.cpuUsage(cpu)
  return [Math.min(performance.now() - wall, (used.user + used.system) / 1e3),
    result]
}

// The median of calls that change nothing; states of ts-mls are values.
async function median(call) {
  const all = []
  let total = 0, result
  do {
    const [ms, r] = await timed(call)
    all.push(ms)
    total += ms
    result = r
  } while (all.length < 31 && total < 2000)
  all.sort((a, b) => a - b)
  return [all[all.length >> 1], result]
}

async function person(i) {
  const now = BigInt(Math.floor(Date.now() / 1000))
  const identity = new TextEncoder().encode(`user-${i}`)
  return mls.generateKeyPackage({ credentialType: "basic", identity },
    capabilities, { notBefore: now - 3600n, notAfter: now + 86400n }, [], cs)
}

const commit = (state, proposals = [], tree = true) => mls.createCommit(
  { state, cipherSuite: cs, pskIndex: mls.emptyPskIndex },
  { extraProposals: proposals, ratchetTreeExtension: tree })
const open = (state, message) => mls.processPrivateMessage(
  state, message.privateMessage, mls.emptyPskIndex, cs, mls.acceptAll)

// A member's view of the state that another one has: all is common but the
// private keys. For warming: who commits needs no key but that of the signature.
const seenBy = (state, leaf, who) => ({ ...state,
  privatePath: { leafIndex: leaf,
    privateKeys: { [2 * leaf]: who.privatePackage.hpkePrivateKey } },
  signaturePrivateKey: who.privatePackage.signaturePrivateKey })

const people = []
for (let i = 0; i < n; i++) people.push(await person(i))
let creator = await mls.createGroup(new TextEncoder().encode("bench"),
  people[0].publicPackage, people[0].privatePackage, [], cs, config)
const adds = people.slice(1).map((p) =>
  ({ proposalType: "add", add: { keyPackage: p.publicPackage } }))

let ms, r
const one = await commit(creator, adds.slice(0, 1), false)
const bare = await commit(creator, adds, false)
const size = (c) => wire("mls_welcome", "welcome", c.welcome).length
if (n > 2) print("welcome_per_joiner", (size(bare) - size(one)) / (n - 2))
;[ms, r] = await median(() => commit(creator, adds))
print("bulk_add", ms)
print("bulk_add_bytes", mls.encodeMlsMessage(r.commit).length)
print("welcome_bytes", size(r))
creator = r.newState

const join = (i) => mls.joinGroup(r.welcome, people[i].publicPackage,
  people[i].privatePackage, mls.emptyPskIndex, cs, undefined, undefined, config)
let last
;[ms, last] = await median(() => join(n - 1))
print("join", ms)

;[ms, r] = await median(() => commit(last))
print("cold_commit", ms)
print("cold_commit_bytes", mls.encodeMlsMessage(r.commit).length)
const cold = r.commit
;[ms, r] = await median(() => open(creator, cold))
print("cold_process", ms)
creator = r.newState

// Leaves 1, 2, 4, ... commit; the last of them is who processes afterwards.
let far = creator, leaf = 1
for (; ; leaf *= 2) {
  far = (await commit(seenBy(far, leaf, people[leaf]))).newState
  if (2 * leaf >= n) break
}
creator = seenBy(far, 0, people[0])
;[ms, r] = await median(() => commit(creator))
print("warm_commit", ms)
print("warm_commit_bytes", mls.encodeMlsMessage(r.commit).length)
creator = r.newState
;[ms, r] = await median(() => open(far, r.commit))
print("warm_process", ms)
far = r.newState

const text = new Uint8Array(256)
const rounds = 100
let sealing = 0, opening = 0
for (let i = 0; i < rounds; i++) {
  ;[ms, r] = await timed(() => mls.createApplicationMessage(creator, text, cs))
  sealing += ms
  creator = r.newState
  const message = wire("mls_private_message", "privateMessage", r.privateMessage)
  if (i === 0) print("message_bytes", message.length)
  ;[ms, r] = await timed(() => open(far, r))
  opening += ms
  far = r.newState
}
print("encrypt", sealing / rounds)
print("decrypt", opening / rounds)
