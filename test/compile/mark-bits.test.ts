import { expect, test } from 'vitest';
import { allocateMarkBits } from '../../src/compile/mark-bits.ts';

test('bits are taken from the lowest of the mask upwards, whatever lies between them', () => {
  expect(allocateMarkBits(0xffff0000)).toEqual({
    accept: 0x10000,
    pass: 0x20000,
    scratch0: 0x40000,
    scratch1: 0x80000,
    all: 0xf0000,
  });
  expect(allocateMarkBits(0x88880000)).toEqual({
    accept: 0x80000,
    pass: 0x800000,
    scratch0: 0x8000000,
    scratch1: 0x80000000,
    all: 0x88880000,
  });
});

test('a mask of fewer than four bits is an error', () => {
  expect(() => allocateMarkBits(0x7)).toThrow('fewer than the four bits');
});
