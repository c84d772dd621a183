import { createSaga } from '../saga.ts';
import { serveApp } from './serve.ts';

/** The floor: what dies in between stays half done. */
const saga = createSaga('express');

serveApp(async (id) => {
  await saga.hold(id);
  await saga.debit(id);
  await saga.confirm(id);
  await saga.settle(id);
});
