// CycloneDX's own JSON Schema of a version, from where its npm package was fetched to.
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join, resolve} from 'node:path';

// A function from a parsed bill of materials to what is wrong with it, one line each.
export function cycloneDxValidator(folder, version) {
  const require = createRequire(join(resolve(folder), 'package.json'));
  const Ajv = require('ajv').default;
  const schema = (name) => JSON.parse(readFileSync(
    join(folder, 'node_modules/@cyclonedx/cyclonedx-library/res/schema',
         `${name}.SNAPSHOT.schema.json`), 'utf8'));
  // The schemas have annotations of their own, which are not to stop the validator.
  const ajv = new Ajv({strict: false, allErrors: true});
  for (const name of ['spdx', 'jsf-0.82']) {
    const {$id, ...rest} = schema(name);  // they are referred to by the names of their files
    ajv.addSchema(rest, `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`);
  }
  require('ajv-formats').default(ajv);
  // Formats that the validator does not know: it is not asked about them.
  for (const format of ['iri-reference', 'idn-email']) ajv.addFormat(format, true);
  const validate = ajv.compile(schema(`bom-${version}`));
  return (bom) => validate(bom) ? [] : validate.errors.map(
    ({instancePath, message, params}) => `${instancePath} ${message} ${JSON.stringify(params)}`);
}
