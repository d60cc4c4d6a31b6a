/** A program: unpacks the Chromium from npm with its fonts and libraries into the folder for temporary files. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import chromium, { inflate } from '@sparticuz/chromium';

const packed = join(dirname(fileURLToPath(import.meta.resolve('@sparticuz/chromium'))), '../bin');
await Promise.all([chromium.executablePath(), inflate(join(packed, 'al2023.tar.br'))]);
