// SPDX-License-Identifier: AGPL-3.0-or-later
// Runs scripts of groups that mix lib/mls with other libraries. See README.md.
//   node walk.mjs --peer PROGRAM --others FOLDER [--scripts N] [--steps N]
//                 [--seed S] [--core-crypto-every N] [--follow N] [--trace]
// core-crypto is in the scripts whose seed N divides; 0: in none.
import path from "node:path"
import { parseArgs } from "node:util"
import { follow } from "./follow.mjs"
import { Pool } from "./pool.mjs"
import { Script } from "./script.mjs"

const FAILURES_MAX = 10

function number(text, what) {
  if (!/^[0-9]{1,9}$/.test(text)) { console.error(`interop: ${what} is not a number`); process.exit(64) }
  return Number(text)
}
let values
try {
  ({ values } = parseArgs({ options: {
    peer: { type: "string" }, others: { type: "string" },
    scripts: { type: "string", default: "200" }, steps: { type: "string", default: "50" },
    seed: { type: "string", default: "1" },
    "core-crypto-every": { type: "string", default: "5" },
    follow: { type: "string", default: "10" }, trace: { type: "boolean", default: false },
  } }))
} catch (e) { console.error(`interop: ${e.message}`); process.exit(64) }
const scripts = number(values.scripts, "--scripts"), steps = number(values.steps, "--steps"), first = number(values.seed, "--seed")
const every = number(values["core-crypto-every"], "--core-crypto-every"), rounds = number(values.follow, "--follow")

const pool = new Pool({
  pristan: [values.peer],
  "ts-mls": [process.execPath, path.join(values.others, "ts-mls-peer.mjs")],
  "core-crypto": [process.execPath, path.join(values.others, "core-crypto-peer.mjs")],
})
const total = {}
function sum(into, from) {
  for (const [k, v] of Object.entries(from)) {
    if (typeof v === "object") sum((into[k] ??= {}), v)
    else if (k.endsWith("_max")) into[k] = Math.max(into[k] ?? 0, v)
    else into[k] = (into[k] ?? 0) + v
  }
}
const show = (o) => Object.entries(o ?? {}).map(([k, v]) => `${k} ${v}`).join(", ")

let passed = 0, failed = 0, mixed = 0
const begun = Date.now()
async function endPool() {
  for (const why of await pool.end()) { failed++; console.log(`a peer of ours did not end well: ${why}`) }
}
for (let i = 0; i < scripts && failed < FAILURES_MAX; i++) {
  const seed = first + i
  // Decided by the seed alone, so that a failing one repeats by itself.
  const core_crypto = every > 0 && seed % every === 0
  const script = new Script(seed, { steps, core_crypto }, pool)
  try {
    await script.run()
    passed++
    if (core_crypto) mixed++
  } catch (e) {
    failed++
    console.log(`interop: seed ${seed} FAILED: ${e.message}\n${e.name === "AssertionError" || values.trace ? "" : e.stack}`)
    console.log(`  repeat with: ./dev interop --scripts 1 --steps ${steps} --seed ${seed} --core-crypto-every ${every} --trace`)
    if (!values.trace) console.log(script.log.slice(-12).map((l) => `  ${l}`).join("\n"))
    await endPool()
  }
  if (values.trace) console.log(script.log.map((l) => `  ${l}`).join("\n"))
  sum(total, script.counts)
  if ((i + 1) % 10 === 0 || i + 1 === scripts)
    console.log(`${i + 1} of ${scripts} scripts, ${total.epochs} epochs, ${failed} failed, ${Math.round((Date.now() - begun) / 1000)} s`)
}
let followed = 0
try {
  followed = await follow(pool, values.others, rounds)
} catch (e) {
  failed++
  console.log(`interop: a group that follows another FAILED: ${e.stack}`)
}
await endPool()
console.log(`steps: ${show(total.steps)}`)
console.log(`commits made by: ${show(total.commits)}`)
console.log(`joined by Welcome: ${show(total.joins)}; from outside: ${show(total.external)}`)
console.log(`messages opened by: ${show(total.opened)}`)
console.log(`refused as they must be: ${total.refused}; epochs compared: ${total.epochs}; largest group: ${total.members_max}`)
console.log(`scripts with core-crypto: ${mixed}; groups that followed others: ${followed}`)
console.log(`interop: ${passed} passed, ${failed} failed`)
process.exit(failed === 0 && passed === scripts ? 0 : 1)
