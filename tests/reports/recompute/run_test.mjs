// Runs a short campaign and computes the numbers of its report again. What the run was worth does
// not matter here: a busy machine may spoil it, and its numbers must still be of one piece.
// Usage: node run_test.mjs WEIR FOLDER
import {execFileSync, spawnSync} from 'node:child_process';
import {mkdirSync, rmSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

const [weir, folder] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
rmSync(folder, {recursive: true, force: true});
mkdirSync(folder, {recursive: true});
const run = spawnSync(
    weir, ['run', join(here, 'campaign.yaml'), '--store', 'results.db', '--out', 'out',
           '--override-gates'],
    {cwd: folder, encoding: 'utf8'});
console.log(run.stdout);
const out = join(folder, 'out');
execFileSync(process.execPath,
             [join(here, 'recompute.mjs'), join(out, 'report.json'), join(out, 'run.hlog')],
             {stdio: 'inherit'});
