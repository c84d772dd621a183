import { expect, test } from '@jest/globals';
import { newCredit } from '../../api/wl/backoffice/schemas.ts';
import { wlPatch } from '../../api/cp/wls/schemas.ts';
import { settlementBody } from '../../api/cp/settlements/schemas.ts';
import { cancelBody } from '../../api/cp/signals/schemas.ts';
import { revokeBody } from '../../api/cp/keys/certificate-routes.ts';

const TYPED = 'call +55 47 98123-4567 or ana.lima@loja.example, CPF 529.982.247-25';
const PAIR = {
  src: 'fd1a88a9-3a01-43bb-ae20-32618c1b3752',
  dst: '2a6f8e2c-874c-4476-aac3-0d535fb52ac7',
};

test('what people type is masked before it is stored, wherever they type', () => {
  const typed = [
    newCredit.parse({ amount: '1.00', currency: 'BRL', note: TYPED }).note,
    settlementBody.parse({ ...PAIR, amount: '1.00', note: TYPED }).note,
    cancelBody.parse({ reason: TYPED }).reason,
    revokeBody.parse({ reason: TYPED }).reason,
    wlPatch.parse({ description: TYPED }).description,
  ];
  for (const text of typed) {
    expect(text).toContain('an***@loja.example');
    expect(text).not.toMatch(/98123|529\.982|ana\.lima/);
  }
});
