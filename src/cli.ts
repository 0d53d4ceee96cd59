#!/usr/bin/env node
import { runProgram } from './commands/run-program.ts';

// It applies to modules that are loaded from here on.
if (process.env.LAKEKEEPER_GITOPS_DEBUG) process.setSourceMapsEnabled(true);

await runProgram();
