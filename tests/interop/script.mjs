// SPDX-License-Identifier: AGPL-3.0-or-later
// One seeded script: a group, the people around it, and random steps. After
// each commit all members are compared and somebody speaks to everybody.
import assert from "node:assert/strict"
import { Random } from "./random.mjs"

const PRIVATE_EXTENSION = 0xf0a1
const MESSAGES_MAX = 12 // of one talk
const LOST_MAX = 40     // of one talk: with the messages fewer than the 64 keys that are kept

const REQUIRED_CAPABILITIES = { type: 3, data: "02f0a1" + "00" + "020001" }
const OURS = "pristan", TS = "ts-mls", CC = "core-crypto"

// How often each step is taken. Without core-crypto, and with it.
const STEPS = { add: 14, remove: 9, update: 10, swap: 5, external: 6, resync: 3, psk: 7, extensions: 4, byref: 18, messy: 5, race: 7, talk: 12 }
const STEPS_CC = { add: 16, remove: 10, update: 12, swap: 5, external: 8, byref: 16, messy: 3, race: 5, talk: 14 }

export class Script {
  constructor(seed, options, pool) {
    this.seed = seed
    this.options = options
    this.r = new Random(seed)
    this.pool = pool
    this.counts = { steps: {}, commits: {}, opened: {}, joins: {}, external: {}, epochs: 0, members_max: 0, refused: 0 }
    this.log = []
  }
  count(group, key, n = 1) { this.counts[group][key] = (this.counts[group][key] ?? 0) + n }
  note(text) { this.log.push(text) }

  // ---- people --------------------------------------------------------------
  async gather() {
    const { r } = this
    const size = r.weighted({ small: 50, middle: 35, large: 15 })
    const total = { small: r.between(3, 6), middle: r.between(6, 11), large: r.between(14, 20) }[size]
    const cc = this.options.core_crypto ? r.between(1, Math.min(4, total - 2)) : 0
    const ts = r.between(1, Math.min(8, total - cc - 1))
    this.people = [
      ...this.pool.take(OURS, total - cc - ts), ...this.pool.take(TS, ts), ...this.pool.take(CC, cc)]
    this.cc = cc > 0
    this.inside = new Set()
    this.group = r.hex(16)
    this.psks = []
    await Promise.all(this.people.map((p) => this.configure(p, r.chance(0.5), r.pick([0, 0, 32, 255]))))
    for (let i = 0; i < 3 && !this.cc; i++) {
      const psk = { psk_id: `ab0${i}`, secret: r.hex(32) }
      this.psks.push(psk.psk_id)
      await Promise.all(this.people.map((p) => p.do("psk", psk)))
    }
    this.note(`people: ${this.people.map((p) => p.label).join(" ")}`)
  }
  configure(p, storing, padding) {
    if (p.kind === CC) return
    const common = { padding, extensions: [PRIVATE_EXTENSION], credentials: this.cc ? ["basic", "x509"] : ["basic"] }
    return p.do("configure", p.kind === OURS ? { ...common, storing } : { ...common, keep_generations: 100 })
  }
  who(p) { return p.kind === CC ? { client: p.n } : { identity: p.name } }
  get outside() { return this.people.filter((p) => !this.inside.has(p)) }
  members(...kinds) { return [...this.inside].filter((p) => kinds.length === 0 || kinds.includes(p.kind)) }
  others(p) { return this.members().filter((m) => m !== p) }
  leaf(p) {
    const m = this.roster.find((m) => m.identity === p.name)
    assert(m, `${p.label} is in the roster`)
    return m.leaf
  }
  // ts-mls takes the commit secret one step too far when the root is not on the
  // filtered path: with it in the group, the left half is never left empty.
  // Holds for any part of gone, too.
  mayGo(gone) {
    const stay = this.roster.filter((m) => !gone.some((p) => p.name === m.identity))
    const kinds = this.members().filter((p) => !gone.includes(p)).map((p) => p.kind)
    if (!kinds.includes(TS)) return true
    const leaves = stay.map((m) => m.leaf)
    let width = 1
    while (width <= Math.max(...leaves)) width *= 2
    return Math.min(...leaves) < width / 2
  }
  framing() { return { public: this.cc || this.r.chance(0.3) } }
  ask(p, cmd, args = {}) { return p.do(cmd, { group: this.group, ...args }) }

  async begin() {
    await this.gather()
    const first = this.r.pick(this.people)
    const extensions = first.kind === OURS && !this.cc && this.r.chance(0.5) ? [REQUIRED_CAPABILITIES] : undefined
    await first.do("create_group", { group: this.group, ...this.who(first), extensions })
    this.inside.add(first)
    this.roster = [{ identity: first.name, leaf: 0 }]
    this.note(`${first.label} creates${extensions ? " with required capabilities" : ""}`)
    if (first.kind === CC) await this.add(first) // nobody else can show who is there
    await this.compare()
  }
  async end() {
    await Promise.all([...this.inside].map((p) => this.ask(p, "leave")))
    this.inside.clear()
  }

  // ---- what must always hold -----------------------------------------------
  async compare() {
    const { r } = this
    const exporter = this.cc ? { label: "exporter", context: "", length: 32 }
      : { label: r.pick(["exporter", "test", "a b"]), context: r.hex(r.below(40)), length: r.between(1, 100) }
    const seen = await Promise.all(this.members().map(async (p) => {
      const secret = (await this.ask(p, "export_secret", exporter)).secret
      if (p.kind === CC) return { p, secret }
      const i = await this.ask(p, "info")
      return { p, secret, info: i, state: JSON.stringify([i.epoch, i.tree_hash, i.epoch_authenticator, i.epoch > 0 ? i.confirmed_transcript_hash : "", i.members]) }
    }))
    const full = seen.find((s) => s.info)
    for (const s of seen) {
      assert.equal(s.secret, seen[0].secret, `exporter: ${s.p.label} differs from ${seen[0].p.label}`)
      if (!s.info) continue
      assert.equal(s.state, full.state, `state: ${s.p.label} differs from ${full.p.label}`)
      assert.equal(s.info.pending_proposals, 0, `${s.p.label} has waiting proposals`)
      assert.equal(s.info.leaf, s.info.members.find((m) => m.identity === s.p.name)?.leaf, `${s.p.label}: own leaf`)
    }
    if (full) {
      this.roster = full.info.members
      assert.deepEqual(this.roster.map((m) => m.identity).sort(), this.members().map((p) => p.name).sort(), "members")
    }
    this.counts.epochs++
    this.counts.members_max = Math.max(this.counts.members_max, this.inside.size)
  }
  // A commit that counts: everybody but its maker judges it; joiners join; all
  // compare, and one speaks.
  async spread(c, from, { gone = [], fresh = [] } = {}) {
    await Promise.all(this.others(from).map(async (p) => {
      if (p.kind === TS && gone.includes(p) && fresh.length > 0)
        return p.ask("process", { message: c.commit }) // fails when its leaf is given to another at once
      const a = await this.ask(p, "process", { message: c.commit })
      assert.equal(a.kind, "commit", `${p.label}: kind`)
      assert.equal(a.active !== "active", gone.includes(p), `${p.label}: ${a.active}`)
    }))
    for (const p of gone) {
      this.inside.delete(p)
      await (p.kind === CC ? p.ask("leave", { group: this.group }) : this.ask(p, "leave"))
    }
    for (const p of fresh) {
      const a = await p.do("join", { welcome: c.welcome, ...(c.beside ? { ratchet_tree: c.ratchet_tree } : {}) })
      assert.equal(a.group, this.group, `${p.label}: joined`)
      this.inside.add(p)
      this.count("joins", p.kind)
    }
    this.count("commits", from.kind)
    await this.compare()
    if (this.inside.size > 1) await this.say(this.r.pick(this.members()))
  }
  async open(p, m) {
    const a = await this.ask(p, "decrypt", { message: m.message })
    assert.equal(a.plaintext, m.plaintext, `${p.label}: text`)
    if (p.kind !== CC) {
      assert.equal(a.aad, m.aad ?? "", `${p.label}: aad`)
      assert.equal(a.sender.leaf, this.leaf(m.from), `${p.label}: sender`)
    }
    this.count("opened", p.kind)
  }
  async write(from) {
    const plaintext = this.r.hex(this.r.pick([0, 1, 20, 300]))
    const aad = !this.cc && this.r.chance(0.3) ? this.r.hex(this.r.below(20)) : undefined
    return { from, plaintext, aad, message: (await this.ask(from, "encrypt", { plaintext, aad })).message }
  }
  async say(from) {
    const m = await this.write(from)
    await Promise.all(this.others(from).map((p) => this.open(p, m)))
  }

  // ---- pieces of steps -----------------------------------------------------
  async packages(people) {
    return Promise.all(people.map(async (p) => (await p.do("key_package", this.who(p))).key_package))
  }
  removal(by, gone) {
    return by.kind === CC ? { identity_hex: gone.map((p) => Buffer.from(p.name).toString("hex")) }
      : { leaf: gone.map((p) => this.leaf(p)) }
  }
  newcomers(max) {
    const out = this.outside
    return this.r.some(out, this.r.between(1, Math.min(max, out.length)))
  }
  // The tree goes inside the Welcome or beside it.
  tree(by) { return by.kind !== CC && !this.cc && this.r.chance(0.3) ? { tree: false } : {} }
  async change(by, cmd, args, effect) {
    const tree = effect?.fresh?.length ? this.tree(by) : {}
    const aad = !this.cc && this.r.chance(0.2) ? { aad: this.r.hex(5) } : {}
    const c = await this.ask(by, cmd, { ...this.framing(), ...tree, ...aad, ...args })
    await this.spread({ ...c, beside: tree.tree === false }, by, effect)
  }

  // ---- steps: each says false when it does not suit the moment ---------------
  async add(by = this.r.pick(this.members())) {
    if (this.outside.length === 0) return false
    const fresh = this.newcomers(this.r.chance(0.2) ? 20 : 3)
    this.note(`${by.label} adds ${fresh.map((p) => p.label).join(" ")}`)
    const path = by.kind === OURS && this.r.chance(0.3) ? { path: true } : {}
    await this.change(by, "add", { key_packages: await this.packages(fresh), ...path }, { fresh })
  }
  async remove() {
    const by = this.r.pick(this.members())
    if (this.inside.size < 3) return false
    const gone = this.r.some(this.others(by), this.r.between(1, Math.min(3, this.inside.size - 2)))
    if (!this.mayGo(gone)) return false
    this.note(`${by.label} removes ${gone.map((p) => p.label).join(" ")}`)
    await this.change(by, "remove", this.removal(by, gone), { gone })
  }
  async update() {
    const by = this.r.pick(this.members())
    this.note(`${by.label} updates`)
    await this.change(by, "update", {})
  }
  async swap() { // out and in with one commit
    const by = this.r.pick(this.members(OURS, TS))
    if (!by || this.inside.size < 3 || this.outside.length === 0) return false
    const gone = this.r.some(this.others(by), 1)
    const fresh = this.newcomers(2)
    this.note(`${by.label} swaps ${gone[0].label} for ${fresh.map((p) => p.label).join(" ")}`)
    const proposals = [{ type: "remove", leaf: this.leaf(gone[0]) },
      ...(await this.packages(fresh)).map((key_package) => ({ type: "add", key_package }))]
    await this.change(by, "commit", { proposals: this.r.shuffled(proposals) }, { gone, fresh })
  }
  // A GroupInfo of a member, and the tree if it goes beside.
  async published(by) {
    if (by.kind === CC) { // it gives one only with a commit
      const c = await this.ask(by, "update")
      await this.spread(c, by)
      return { group_info: c.group_info }
    }
    const beside = !this.cc && this.r.chance(0.3)
    const a = await this.ask(by, "group_info", { tree: !beside })
    return { group_info: a.group_info, ...(beside ? { ratchet_tree: a.ratchet_tree } : {}) }
  }
  async external() {
    if (this.outside.length === 0) return false
    const by = this.r.pick(this.members()), p = this.r.pick(this.outside)
    const psks = p.kind === OURS && !this.cc && this.r.chance(0.3) ? { psks: [this.psks[0]] } : {}
    this.note(`${p.label} joins from outside, by ${by.label}${psks.psks ? " with a PSK" : ""}`)
    const j = await p.do("external_join", { ...(await this.published(by)), ...psks, ...this.who(p) })
    this.inside.add(p)
    this.count("external", p.kind)
    await this.spread(j, p)
  }
  async resync() { // a member that has lost its state takes its own place
    const p = this.r.pick(this.members(OURS, TS))
    if (!p || this.inside.size < 2) return false
    const by = this.r.pick(this.others(p).filter((m) => m.kind !== CC))
    if (!by) return false
    this.note(`${p.label} resyncs by ${by.label}`)
    const j = await p.do("external_join", { ...(await this.published(by)), ...this.who(p), group: this.group, resync: true })
    this.count("external", p.kind)
    await this.spread(j, p)
  }
  async psk() {
    const by = this.r.pick(this.members(OURS, TS))
    const fresh = this.outside.length > 0 && this.r.chance(0.4) ? this.newcomers(2) : []
    const psks = this.r.some(this.psks, this.r.between(1, this.psks.length))
    this.note(`${by.label} mixes ${psks.length} PSKs in, adds ${fresh.map((p) => p.label).join(" ") || "nobody"}`)
    const proposals = [...psks.map((psk_id) => ({ type: "psk", psk_id })),
      ...(await this.packages(fresh)).map((key_package) => ({ type: "add", key_package }))]
    await this.change(by, "commit", { proposals: this.r.shuffled(proposals) }, { fresh })
  }
  // Never none at all: ts-mls then keeps those that were there. Its peer gives
  // known types by number, and then wants them among the capabilities.
  extensionList(by) {
    const own = { type: PRIVATE_EXTENSION, data: this.r.hex(this.r.pick([0, 6, 100])) }
    return by.kind === TS ? [own] : this.r.pick([[own], [REQUIRED_CAPABILITIES], [REQUIRED_CAPABILITIES, own]])
  }
  async extensions() { // ts-mls leaves the path out then: only ours
    const by = this.r.pick(this.members(OURS))
    if (!by) return false
    this.note(`${by.label} replaces the extensions`)
    await this.change(by, "commit", { proposals: [{ type: "group_context_extensions", extensions: this.extensionList(by) }] })
  }

  // One proposal of a member, and what it does; undefined when there is none.
  // taken: whose leaf is spoken for already. messy: contradictions are welcome.
  async proposal(by, taken, effect, messy) {
    const kinds = { add: 4, remove: 4 }
    if (by.kind === OURS) kinds.update = 5
    if (by.kind === TS && !this.cc) Object.assign(kinds, { psk: 3, group_context_extensions: messy ? 1 : 0 })
    const type = this.r.weighted(kinds)
    if (type === "add") {
      const p = this.r.pick(this.outside.filter((p) => messy || !effect.fresh.includes(p)))
      if (!p) return
      effect.fresh.push(p)
      return { type, key_package: (await this.packages([p]))[0], text: `add ${p.label}` }
    }
    if (type === "remove") {
      const p = this.r.pick(this.members().filter((m) => messy || !taken.has(m)))
      if (!p || !this.mayGo([...effect.gone, p]) || (!messy && effect.gone.length + 2 >= this.inside.size)) return
      if (!messy) taken.add(p)
      effect.gone.push(p)
      return { type, leaf: this.leaf(p), text: `remove ${p.label}` }
    }
    if (type === "update") {
      if (!messy && taken.has(by)) return
      taken.add(by)
      effect.updates.push(by)
      return { type, text: "update" }
    }
    if (type === "psk") return { type, psk_id: this.r.pick(this.psks), nonce: this.r.hex(32), text: "a PSK" }
    if (effect.extensions && !messy) return
    effect.extensions = true
    return { type, extensions: this.extensionList(by), text: "extensions" }
  }
  // Proposals of several members reach everybody in any order.
  async proposals(count, effect, messy) {
    const made = [], taken = new Set()
    for (let i = 0; i < count; i++) {
      const by = this.r.pick(this.members(OURS, TS))
      const proposal = by && await this.proposal(by, taken, effect, messy)
      if (!proposal) continue
      // The same once more by the same member is the same bytes when public, and
      // core-crypto takes a second Remove of one leaf for a duplicate whoever asks.
      if (proposal.text !== "update" && made.some((m) => m.text === proposal.text && (m.by === by || this.cc))) continue
      const { text, ...plain } = proposal
      const { message } = await this.ask(by, "propose", { proposal: plain, ...this.framing() })
      this.note(`${by.label} proposes ${text}`)
      made.push({ by, message, text })
    }
    for (const p of this.members()) {
      const mine = made.filter((m) => m.by !== p)
      const order = p.kind === CC ? mine : this.r.shuffled(mine)
      await Promise.all(order.map(async (m) => {
        const a = await this.ask(p, "process", { message: m.message })
        assert.equal(a.kind, "proposal", `${p.label}: kind`)
      }))
    }
    return made
  }
  async byref() {
    if (this.inside.size < 2 || this.members(OURS, TS).length === 0) return false
    const effect = { fresh: [], gone: [], updates: [] }
    // Nothing may be said while proposals wait (12.4), but may still be on its way.
    const late = this.r.chance(0.4) ? await this.write(this.r.pick(this.members())) : undefined
    const made = await this.proposals(this.r.between(1, 4), effect, false)
    if (late) await Promise.all(this.others(late.from).map((p) => this.open(p, late)))
    if (made.length === 0) return false
    const may = this.members().filter((p) => !effect.gone.includes(p) && !effect.updates.includes(p))
    if (may.length === 0) return this.clear(effect)
    const by = this.r.pick(may)
    this.note(`${by.label} commits ${made.length} by reference`)
    await this.change(by, "commit", {}, effect)
  }
  // Nobody can commit all of it: one of ours does what goes, or all is dropped
  // by a commit of a member that leaves its own Update out.
  async clear(effect) {
    const by = this.r.pick(this.members(OURS).filter((p) => !effect.gone.includes(p)))
    assert(by, "somebody can commit")
    return this.byInfo(by, "commit", {})
  }
  // A commit of ours of which only the maker knows what it took.
  async byInfo(by, cmd, args) {
    const c = await this.ask(by, cmd, { ...this.framing(), ...args })
    const names = (await this.ask(by, "info")).members.map((m) => m.identity)
    const gone = this.members().filter((p) => !names.includes(p.name))
    const fresh = this.outside.filter((p) => names.includes(p.name))
    this.note(`${by.label} commits what goes together: +${fresh.length} -${gone.length}`)
    await this.spread(c, by, { gone, fresh })
  }
  async messy() { // contradictions, the maker's own removal or Update among them
    const by = this.r.pick(this.members(OURS))
    if (!by || this.inside.size < 3) return false
    const made = await this.proposals(this.r.between(2, 8), { fresh: [], gone: [], updates: [] }, true)
    if (made.length === 0) return false
    await this.byInfo(by, "commit", {})
  }
  // Several make a commit for the same epoch; one counts.
  async race() {
    const fit = this.members(OURS, TS)
    if (fit.length < 2) return false
    const makers = this.r.some(fit, this.r.between(2, Math.min(3, fit.length)))
    const out = this.r.shuffled(this.outside)
    const entering = !this.cc && out.length > 0 && this.r.chance(0.3) ? out.pop() : undefined
    const runs = []
    for (const by of makers) {
      const fresh = this.r.chance(0.5) && out.length > 0 ? [out.pop()] : []
      const c = fresh.length > 0
        ? await this.ask(by, "add", { key_packages: await this.packages(fresh), hold: true, ...this.framing() })
        : await this.ask(by, "update", { hold: true, ...this.framing() })
      runs.push({ by, c, fresh })
    }
    if (entering && entering.kind !== CC) {
      const c = await entering.do("external_join", { ...(await this.published(this.r.pick(fit))), ...this.who(entering), hold: true })
      runs.push({ by: entering, c, fresh: [] })
    }
    if (this.r.chance(0.5)) await this.say(this.r.pick(this.members()))
    const won = this.r.pick(runs)
    this.note(`race of ${runs.map((x) => x.by.label).join(" ")}, ${won.by.label} wins`)
    for (const x of runs) {
      if (x === won) continue
      if (x.by.kind === OURS && this.r.chance(0.5) && this.inside.has(x.by)) continue // processing the other's is enough
      await this.ask(x.by, "discard").catch((e) => { if (x.by !== entering) throw e })
    }
    await this.ask(won.by, "merge")
    if (won.by === entering) { this.inside.add(entering); this.count("external", entering.kind) }
    await this.spread(won.c, won.by, { fresh: won.fresh })
    await this.stale(runs.filter((x) => x !== won).map((x) => x.c.commit))
  }
  // What lost the race is for a past epoch: ours refuse it, unchanged.
  async stale(messages) {
    for (const message of messages)
      await Promise.all(this.members(OURS).map((p) => this.refuses(p, message, "EPOCH")))
  }
  async refuses(p, message, ...errors) {
    const before = JSON.stringify({ ...(await this.ask(p, "info")), id: 0 })
    const a = await p.ask("process", { group: this.group, message })
    assert.equal(a.ok, false, `${p.label} takes what it must refuse`)
    assert(errors.includes(a.error), `${p.label}: ${a.error} instead of ${errors}`)
    assert.equal(JSON.stringify({ ...(await this.ask(p, "info")), id: 0 }), before, `${p.label} has changed`)
    this.counts.refused++
  }
  // Messages out of order, some lost for all; then a replay and a damaged one.
  async talk() {
    if (this.inside.size < 2) return false
    const sent = []
    const senders = this.r.some(this.members(), this.r.between(1, 4))
    let lost = 0
    for (let i = this.r.between(2, MESSAGES_MAX); i > 0; i--) {
      const from = this.r.pick(senders)
      if (this.r.chance(0.05)) for (let n = this.r.below(this.cc ? 10 : LOST_MAX); n > 0 && lost < LOST_MAX; n--, lost++) await this.write(from)
      sent.push(await this.write(from))
    }
    this.note(`${sent.length} messages of ${senders.map((p) => p.label).join(" ")}`)
    await Promise.all(this.members().map((p) => {
      const mine = sent.filter((m) => m.from !== p)
      const order = p.kind === CC ? mine : this.r.shuffled(mine)
      return Promise.all(order.map((m) => this.open(p, m)))
    }))
    for (const p of this.members(OURS)) {
      const mine = sent.filter((m) => m.from !== p)
      if (mine.length === 0 || !this.r.chance(0.3)) continue
      await this.refuses(p, this.r.pick(mine).message, "EXISTS")
      const fresh = await this.write(this.r.pick(this.others(p)))
      const at = 2 * this.r.between(4, fresh.message.length / 2 - 1)
      const broken = fresh.message.slice(0, at) + (parseInt(fresh.message.slice(at, at + 2), 16) ^ 1).toString(16).padStart(2, "0") + fresh.message.slice(at + 2)
      await this.refuses(p, broken, "AUTH", "MALFORMED", "EPOCH", "EXISTS", "TURN")
      await Promise.all(this.others(fresh.from).map((m) => this.open(m, fresh)))
    }
  }

  async run() {
    await this.begin()
    for (let done = 0, tries = 0; done < this.options.steps; tries++) {
      assert(tries < 20 * this.options.steps, "steps are possible")
      const step = this.r.weighted(this.cc ? STEPS_CC : STEPS)
      if ((await this[step]()) === false) continue
      this.count("steps", step)
      done++
    }
    await this.end()
  }
}
