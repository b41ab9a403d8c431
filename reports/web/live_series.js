// What the server tells: the run, the state of now, one point per second, lines of the log. Kept as it
// comes; whoever draws reads it at most once per frame.

// As many as the server keeps: two hours.
const mostPointsKept = 8000;
const live = {run: null, now: null, points: [], lines: [], report: null};
const mostLinesShown = 200;
const errorKinds = {
  throttled: 'throttled', timed_out: 'timed out', failed: 'failed', in_doubt: 'in doubt',
  not_found: 'not found', conflict: 'conflict', unsent: 'unsent', lost: 'lost',
};

function unsuccessful(counts) {
  return Object.values(counts.errors).reduce((sum, count) => sum + count, 0);
}

// Names of targets in the order of the campaign's legs: a target has the same colour as in the report.
function targetNames() {
  return [...new Set((live.run?.legs ?? []).map((leg) => leg.target))];
}

// What sets a leg apart from others of its scenario and target.
function legSuffix(leg) {
  if (leg.probe_per_s > 0) return `, ${countText(leg.probe_per_s)} /s`;
  return leg.round > 0 ? `, round ${leg.round}` : '';
}

function targetOf(point) {
  return live.run?.legs[point.leg]?.target ?? '';
}

function agentName(agent) {
  return live.run?.agents.find((one) => one.agent === agent)?.name ?? `agent ${agent}`;
}

// The points to draw: all, or the last so many seconds.
function pointsWithin(seconds) {
  const {points} = live;
  if (seconds === null || points.length === 0) return points;
  const from = points[points.length - 1].at_s - seconds;
  return points.slice(points.findIndex((point) => point.at_s >= from));
}

function keepPoint(point) {
  live.points.push(point);
  if (live.points.length > mostPointsKept) live.points.shift();
}

// Where a stage begins after another.
function beginsStage(points, i) {
  return i > 0 && (points[i].second <= points[i - 1].second || points[i].leg !== points[i - 1].leg);
}

// The sum of something over the last points of the latest stage, per second.
function perSecond(pick, seconds = 3) {
  const {points} = live;
  let from = Math.max(0, points.length - 1);
  while (from > 0 && points.length - from < seconds && !beginsStage(points, from)) --from;
  const latest = points.slice(from);
  return latest.reduce((sum, point) => sum + pick(point), 0) / Math.max(1, latest.length);
}
