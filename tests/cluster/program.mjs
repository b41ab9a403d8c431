// A program under test: its output so far, its end.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

export class Program {
  constructor(name, command, environment = {}) {
    this.name = name;
    this.output = '';
    this.code = null; // the exit code, 128 + signal for a signal; null while it runs
    this.listeners = new Set();
    this.child = spawn(command[0], command.slice(1),
      { env: { ...process.env, ...environment }, stdio: ['pipe', 'pipe', 'pipe'] });
    this.child.stdin.on('error', () => {});
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text) => this.#take(text));
    }
    this.ended = new Promise((resolve) => {
      this.child.on('error', (error) => this.#end(`${error}\n`, 127, resolve));
      this.child.on('close',
        (code, signal) => this.#end('', code ?? 128 + constants.signals[signal], resolve));
    });
  }

  #take(text) {
    this.output += text;
    for (const listener of [...this.listeners]) listener();
  }

  #end(text, code, resolve) {
    this.code = code;
    this.endedAt = Date.now();
    this.#take(text);
    resolve(code);
  }

  write(text) { this.child.stdin.write(text); }
  signal(signal) { this.child.kill(signal); }

  // The part of the output that matches; an error when it does not come in time or cannot come.
  waitFor(pattern, seconds) {
    return this.#wait(() => this.output.match(pattern), `to say ${pattern}`, seconds);
  }

  // Its exit code.
  waitForEnd(seconds) {
    return this.#wait(() => (this.code === null ? null : [this.code]), 'to end', seconds)
      .then(([code]) => code);
  }

  #wait(look, what, seconds) {
    return new Promise((resolve, reject) => {
      const finish = (settle, value) => {
        clearTimeout(timer);
        this.listeners.delete(check);
        settle(value);
      };
      const check = () => {
        const found = look();
        if (found) return finish(resolve, found);
        if (this.code !== null) finish(reject, new Error(this.#says(`ended (${this.code})`, what)));
      };
      const timer = setTimeout(
        () => finish(reject, new Error(this.#says(`had ${seconds} s`, what))), seconds * 1000);
      this.listeners.add(check);
      check();
    });
  }

  #says(how, what) {
    return `${this.name} ${how} while it was waited for ${what}. It said:\n${this.output}`;
  }
}
