// SPDX-License-Identifier: AGPL-3.0-or-later
// The processes behind the peers. They are started when first needed and serve
// one script after the other; after a failure all are ended.
import { spawn } from "node:child_process"
import { createInterface } from "node:readline"

const ANSWER_MS = 120_000

export class PeerError extends Error {}

// The form that core-crypto wants; the others do not mind.
export const clientName = (n) =>
  `00000000-0000-4000-8000-${n.toString(16).padStart(12, "0")}:${n.toString(16)}@peer.example`

class Peer {
  constructor(kind, n, command) {
    this.kind = kind
    this.n = n
    this.name = clientName(n)
    this.label = `${kind}#${n.toString(16)}`
    this.waiting = []
    this.lastId = 0
    this.child = spawn(command[0], command.slice(1), { stdio: ["pipe", "pipe", "pipe"] })
    this.stderr = ""
    this.child.stderr.on("data", (d) => { this.stderr = (this.stderr + d).slice(-4000) })
    this.child.stdin.on("error", () => {})
    createInterface({ input: this.child.stdout }).on("line", (line) => this.take(line))
    this.child.on("error", (e) => this.fail(e.message))
    this.child.on("close", (code, signal) => this.fail(`ended (${signal ?? code})\n${this.stderr}`))
  }
  take(line) {
    const { resolve, timer } = this.waiting.shift() ?? {}
    clearTimeout(timer)
    resolve?.(JSON.parse(line))
  }
  fail(why) {
    this.dead = why
    for (const { reject, timer } of this.waiting.splice(0)) {
      clearTimeout(timer)
      reject(new PeerError(`${this.label}: ${why}`))
    }
  }
  // The answer, also when it says no.
  ask(cmd, args = {}) {
    return new Promise((resolve, reject) => {
      if (this.dead !== undefined) return reject(new PeerError(`${this.label}: ${this.dead}`))
      const timer = setTimeout(() => this.fail(`no answer to ${cmd}`), ANSWER_MS)
      this.waiting.push({ resolve, reject, timer })
      this.child.stdin.write(JSON.stringify({ id: ++this.lastId, cmd, ...args }) + "\n")
    })
  }
  // The answer, which must say yes.
  async do(cmd, args = {}) {
    const a = await this.ask(cmd, args)
    if (!a.ok) throw new PeerError(`${this.label} ${cmd}: ${a.error}${a.wrong ? ` (${a.wrong})` : ""}`)
    return a
  }
}

export class Pool {
  constructor(commands) { // kind -> command line
    this.commands = commands
    this.peers = {}
  }
  take(kind, count) {
    const all = (this.peers[kind] ??= [])
    const base = { pristan: 0x100, "ts-mls": 0x200, "core-crypto": 0x300 }[kind]
    while (all.length < count) all.push(new Peer(kind, base + all.length, this.commands[kind]))
    return all.slice(0, count)
  }
  async end() {
    const all = Object.values(this.peers).flat()
    this.peers = {}
    await Promise.all(all.map((p) => new Promise((resolve) => {
      if (p.child.exitCode !== null || p.child.signalCode !== null || p.child.pid === undefined) return resolve()
      const timer = setTimeout(() => p.child.kill("SIGKILL"), 3000)
      p.child.on("exit", () => { clearTimeout(timer); resolve() })
      p.child.stdin.end()
    })))
    return all.filter((p) => p.kind === "pristan" && p.child.exitCode !== 0).map((p) => `${p.label}: ${p.stderr}`)
  }
}
