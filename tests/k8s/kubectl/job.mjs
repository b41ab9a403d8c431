// The Job controller of the stand-in: pods by index, tried again as backoffLimitPerIndex and
// podFailurePolicy say.
import {Pod} from './pod.mjs';

const suffix = () => Math.random().toString(36).slice(2, 7).padEnd(5, 'x');

export class Job {
  constructor(cluster, object) {
    Object.assign(this, {cluster, object, pods: [], failed: false});
    const {completions = 1, completionMode} = object.spec;
    for (let index = 0; index < completions; ++index) {
      this.attend(completionMode === 'Indexed' ? index : undefined);
    }
  }

  async attend(index) {
    const {spec, metadata} = this.object;
    const attempts = 1 + (index === undefined ? spec.backoffLimit : spec.backoffLimitPerIndex);
    for (let attempt = 0; attempt < attempts && !this.over; ++attempt) {
      const base = index === undefined ? metadata.name : `${metadata.name}-${index}`;
      const pod = new Pod(this.cluster, {name: `${base}-${suffix()}`, template: spec.template,
                                         job: this, index});
      this.pods.push(pod);
      await pod.ended;
      if (pod.phase === 'Succeeded') return;
      const action = this.actionFor(pod.states.get(pod.main.name).terminated?.exitCode);
      if (action === 'FailIndex') return;
      if (action === 'FailJob') return this.stop();
    }
  }

  actionFor(exitCode) {
    const rule = this.object.spec.podFailurePolicy?.rules
        .find(({onExitCodes}) => onExitCodes?.values.includes(exitCode));
    return rule?.action;
  }

  async stop() {
    this.over = true;
    await Promise.all(this.pods.map((pod) => pod.stop()));
  }
}
