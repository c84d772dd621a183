// The buyer page: lists the imported offers, buys, and follows purchases until they are decided.

const PAGE_SIZE = 60;
// Once a second is as fast as a person reads; most purchases are decided before the first poll.
const POLL_MS = 1_000;
// An approval may take a day: after these polls the page says so and stops asking.
const MAX_POLLS = 120;
const UNAVAILABLE = 'Não foi possível falar com a loja. Tente novamente em instantes.';
const STATUS_TEXT = {
  CONFIRMED: 'Confirmada',
  PENDING: 'Em processamento',
  REJECTED: 'Não concluída',
  REVERSED: 'Estornada',
};

const byId = (id) => document.getElementById(id);
/** Keys of purchases whose answer was lost: sending one again joins it instead of buying twice. */
const openKeys = new Map();
let nextCursor;

byId('mais').addEventListener('click', () => void loadPage());
byId('recarregar').addEventListener('click', () => location.reload());
byId('fechar').addEventListener('click', () => byId('aviso').close());
byId('conta').addEventListener('submit', (event) => event.preventDefault());
await loadPage();

async function loadPage() {
  const query = new URLSearchParams({ limit: String(PAGE_SIZE) });
  if (nextCursor !== undefined) query.set('cursor', nextCursor);
  const page = await callJson(`/api/v2/imported-offers?${query}`);
  if (page?.status !== 200) {
    byId('status').textContent = UNAVAILABLE;
    return;
  }
  byId('lista').append(...page.body.items.map(card));
  nextCursor = page.body.nextCursor;
  byId('mais').hidden = nextCursor === undefined;
  const count = byId('lista').children.length;
  byId('status').textContent =
    count === 0 ? 'Nenhuma oferta no momento.' : `${count} ofertas carregadas.`;
}

function card(offer) {
  const node = byId('cartao').content.firstElementChild.cloneNode(true);
  const part = (name) => node.querySelector(`.${name}`);
  node.dataset.offerId = offer.offerId;
  part('title').textContent = offer.title;
  part('category').textContent = offer.category.name;
  part('price').textContent = `${formatAmount(offer.unitPrice)} ${offer.currency}`;
  const soldOut = offer.available === 0;
  const open = offer.eligible && !soldOut;
  if (soldOut) part('stock').textContent = 'Esgotada';
  else if (open) part('stock').textContent = `${offer.available} disponíveis`;
  else part('stock').textContent = 'Indisponível';
  const form = part('buy');
  const button = form.querySelector('button');
  button.disabled = !open;
  button.setAttribute('aria-label', `Comprar ${offer.title}`);
  form.quantity.max = String(Math.max(1, offer.available));
  form.quantity.disabled = !open;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void buy(offer, form.quantity.valueAsNumber, button);
  });
  return node;
}

/** `12345.60` as `12.345,60`; the text is never made a number, which would round large amounts. */
function formatAmount(text) {
  const [whole, cents] = text.split('.');
  return `${whole.replace(/\B(?=(\d{3})+$)/g, '.')},${cents}`;
}

async function buy(offer, quantity, button) {
  if (!byId('conta').reportValidity()) return;
  const accountId = byId('account').value;
  const token = byId('token').value;
  const { offerId, unitPrice: expectedUnitPrice } = offer;
  const intent = JSON.stringify([accountId, offerId, quantity, expectedUnitPrice]);
  const key = openKeys.get(intent) ?? crypto.randomUUID();
  openKeys.set(intent, key);
  button.disabled = true;
  byId('status').textContent = `Comprando ${offer.title}…`;
  const answer = await callJson(`/api/v2/checkout/imported-offer/${encodeURIComponent(offerId)}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key },
    body: JSON.stringify({ accountId, token, quantity, expectedUnitPrice }),
  });
  button.disabled = false;
  byId('status').textContent = '';
  // No answer: nobody knows whether it was bought, so the same key stays for the next try.
  if (answer === undefined) return notify(UNAVAILABLE);
  openKeys.delete(intent);
  const { status, msg, reason } = answer.body;
  if (STATUS_TEXT[status] === undefined) return notify(problemText(answer));
  if (status === 'REJECTED') return notify(msg, reason === 'PRICE_CHANGED');
  const purchase = { ...answer.body, title: offer.title };
  const line = showPurchase(purchase);
  if (status === 'PENDING') await follow(purchase, line, { accountId, token });
}

async function follow(purchase, line, { accountId, token }) {
  const headers = { 'X-Account-Id': accountId, 'X-Account-Token': token };
  for (let polls = 0; polls < MAX_POLLS; polls += 1) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    const answer = await callJson(purchase.statusUrl, { headers });
    if (answer?.status !== 200 || answer.body.status === 'PENDING') continue;
    describe(line, { ...purchase, ...answer.body });
    return;
  }
  line.append(' A loja parceira ainda vai decidir; confira mais tarde.');
}

function showPurchase(purchase) {
  byId('compras-secao').hidden = false;
  const line = document.createElement('li');
  byId('compras').prepend(line);
  describe(line, purchase);
  return line;
}

function describe(line, { title, status, msg }) {
  const state = document.createElement('strong');
  state.className = status;
  state.textContent = STATUS_TEXT[status];
  line.replaceChildren(`${title}: `, state, msg === undefined ? '' : ` – ${msg}`);
  line.dataset.status = status;
}

function notify(text, offerReload = false) {
  byId('aviso-texto').textContent = text;
  byId('recarregar').hidden = !offerReload;
  byId('aviso').showModal();
}

function problemText({ status, body }) {
  if (status === 401) return 'Conta ou token inválidos.';
  return body.msg ?? body.detail ?? body.title ?? UNAVAILABLE;
}

/** Undefined where no JSON answer came back. */
async function callJson(url, options = {}) {
  try {
    const response = await fetch(url, {
      ...options,
      headers: { 'Accept-Language': 'pt-BR', ...options.headers },
    });
    return { status: response.status, body: await response.json() };
  } catch {
    // The caller tells the buyer: a lost answer and a broken one are the same to them.
    return undefined;
  }
}
