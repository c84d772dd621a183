import { Button } from '@mantine/core';
import { useState } from 'react';
import { download, type Query } from '../api/client.ts';
import { ProblemAlert } from './problem-alert.tsx';

export interface CsvButtonProps {
  readonly label: string;
  readonly path: string;
  /** Of the file that the browser keeps. */
  readonly name: string;
  readonly query: Query;
}

/** A report as the API writes it for spreadsheets. */
export function CsvButton({ label, path, name, query }: CsvButtonProps) {
  const [error, setError] = useState<unknown>(null);
  const take = (): void => {
    setError(null);
    download(path, name, { query, accept: 'text/csv' }).catch(setError);
  };
  return (
    <>
      <Button variant="default" onClick={take}>
        {label}
      </Button>
      <ProblemAlert error={error} />
    </>
  );
}
