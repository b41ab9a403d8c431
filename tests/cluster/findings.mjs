// What a scenario saw, and what of it was not as it must be.
export class Findings {
  constructor() {
    this.seen = [];
    this.faults = [];
    this.skipped = false;
  }

  saw(text) { this.seen.push(text); }
  fail(text) { this.faults.push(text); }
  expect(holds, text) { if (!holds) this.fail(text); }
  equal(found, expected, what) {
    const [a, b] = [found, expected].map((value) => JSON.stringify(value));
    this.expect(a === b, `${what}: ${a} instead of ${b}`);
  }
  skip(why) {
    this.skipped = true;
    this.saw(why);
  }

  get verdict() { return this.faults.length > 0 ? 'failed' : this.skipped ? 'skipped' : 'passed'; }
}
