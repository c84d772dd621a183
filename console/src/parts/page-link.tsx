import { Anchor } from '@mantine/core';
import { createLink } from '@tanstack/react-router';

/** A link to a page of the console, `to` being its address below /admin. */
export const PageLink = createLink(Anchor);
