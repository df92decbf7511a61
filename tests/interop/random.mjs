// SPDX-License-Identifier: AGPL-3.0-or-later
// A stream of choices that only the seed decides.
export class Random {
  constructor(seed) {
    this.state = Number(BigInt.asUintN(32, BigInt(seed) * 0x9e3779b1n + 0x7f4a7c15n))
  }
  next() { // mulberry32
    this.state = (this.state + 0x6d2b79f5) >>> 0
    let t = this.state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return (t ^ (t >>> 14)) >>> 0
  }
  below(n) { return Math.floor((this.next() / 2 ** 32) * n) }
  between(low, high) { return low + this.below(high - low + 1) }
  chance(p) { return this.next() / 2 ** 32 < p }
  pick(list) { return list[this.below(list.length)] }
  shuffled(list) {
    const out = [...list]
    for (let i = out.length - 1; i > 0; i--) {
      const j = this.below(i + 1)
      ;[out[i], out[j]] = [out[j], out[i]]
    }
    return out
  }
  some(list, count) { return this.shuffled(list).slice(0, count) }
  hex(len) { return Array.from({ length: len }, () => this.below(256).toString(16).padStart(2, "0")).join("") }
  weighted(table) { // {name: weight}
    let at = this.below(Object.values(table).reduce((a, b) => a + b, 0))
    for (const [name, weight] of Object.entries(table)) if ((at -= weight) < 0) return name
  }
}
