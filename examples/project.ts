/** The folder of this project, whether an example runs from its source or its build. */

import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

export const PROJECT: string = dirname(
  fileURLToPath(import.meta.resolve('zeromq-pure/package.json')),
);
