/** The two white labels of the local stack, as the examples of both documents name them. */
export const EXPORTER = 'fd1a88a9-3a01-43bb-ae20-32618c1b3752';
export const IMPORTER = '2a6f8e2c-874c-4476-aac3-0d535fb52ac7';
