// All scenarios, in the order in which they run.
import { barrierScenarios } from './barrier_scenarios.mjs';
import { faultScenarios } from './fault_scenarios.mjs';
import { joiningScenarios } from './joining_scenarios.mjs';
import { soundScenarios } from './sound_scenarios.mjs';

export const scenarios = [...soundScenarios, ...faultScenarios, ...barrierScenarios,
  ...joiningScenarios];
