#!/usr/bin/env node
require('./program.js').loadProgram().exports.run();
