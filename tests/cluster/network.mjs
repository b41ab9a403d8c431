// The network between the nodes: namespaces and a switch (switch_main.cc), told what to do with the
// frames of each direction.
import { Program } from './program.mjs';

export class Network {
  static async make(switchProgram, nodes) {
    const network = new Network();
    network.program = new Program('the switch', [switchProgram, ...nodes]);
    await network.program.waitFor(/^ready$/m, 20);
    network.nodes = new Map();
    for (const line of network.program.output.split('\n')) {
      const [name, address, namespace] = line.split(' ');
      if (namespace) network.nodes.set(name, { address, namespace });
    }
    network.answered = network.program.output.split('\n').length - 1;
    network.last = Promise.resolve();
    return network;
  }

  address(node) { return this.nodes.get(node).address; }

  // The command, run on a node.
  on(node, command) {
    return ['nsenter', `--net=${this.nodes.get(node).namespace}`, '--', ...command];
  }

  // Conditions of the frames from one node to another ('*': all): delayMs, jitterMs, loss (a
  // share), bitsPerSecond, cut.
  set(from, to, { delayMs, jitterMs, loss, bitsPerSecond, cut }) {
    const words = [];
    if (delayMs !== undefined) words.push(`delay_us=${delayMs * 1000}`);
    if (jitterMs !== undefined) words.push(`jitter_us=${jitterMs * 1000}`);
    if (loss !== undefined) words.push(`loss_ppm=${Math.round(loss * 1e6)}`);
    if (bitsPerSecond !== undefined) words.push(`bits_per_second=${bitsPerSecond}`);
    if (cut !== undefined) words.push(`cut=${cut ? 1 : 0}`);
    return this.#ask(`set ${from} ${to} ${words.join(' ')}`);
  }

  clear() { return this.#ask('clear'); }

  // {frames, bytes, dropped, payloads, last_payload_ns} so far.
  async count(from, to) {
    const answer = await this.#ask(`count ${from} ${to}`);
    const counts = [...answer.matchAll(/(\w+)=(\d+)/g)];
    return Object.fromEntries(counts.map(([, name, value]) => [name, Number(value)]));
  }

  // One line, one answer, in turn.
  #ask(line) {
    this.last = this.last.then(async () => {
      const index = this.answered++;
      this.program.write(`${line}\n`);
      await this.program.waitFor(new RegExp(`^(?:.*\\n){${index + 1}}`), 20);
      const answer = this.program.output.split('\n')[index];
      if (!answer.startsWith('ok')) throw new Error(`the switch was told "${line}": ${answer}`);
      return answer;
    });
    return this.last;
  }
}
