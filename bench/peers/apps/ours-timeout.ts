import { serveBare } from './bare.ts';

await serveBare();
