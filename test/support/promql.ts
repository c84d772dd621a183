/** What a PromQL expression asks for; reading it throws where it does not parse. */
export interface PromqlUse {
  readonly figures: readonly string[];
  readonly labels: readonly string[];
}

const TOKEN =
  /\s+|"(?:[^"\\]|\\.)*"|\$?[a-zA-Z_:][a-zA-Z0-9_:]*|\d+(?:\.\d+)?|=~|!~|==|!=|<=|>=|[-+*/%^<>=(){}[\],]/y;
const DURATION = /^(?:\d+[smhdwy])+$|^\$__(?:rate_)?interval$/;
const OPERATOR = /^(?:[-+*/%^<>]|==|!=|<=|>=|and|or|unless)$/;
const AGGREGATES = new Set(['sum', 'max', 'min', 'avg', 'count', 'topk', 'quantile']);
const FUNCTIONS = new Set(['rate', 'increase', 'histogram_quantile', 'time', 'abs', 'clamp_min']);

/** A reader of the part of PromQL that our dashboards and rules use. */
export function readPromql(text: string): PromqlUse {
  const reader = new Reader(tokensOf(text));
  reader.expression();
  reader.end();
  return { figures: reader.figures, labels: reader.labels };
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const [token] = TOKEN.exec(text) ?? [];
    if (token === undefined) throw new Error(`unexpected ${text.slice(at, at + 10)}`);
    if (token.trim() !== '') tokens.push(token);
  }
  return tokens;
}

class Reader {
  readonly tokens: string[];
  readonly figures: string[] = [];
  readonly labels: string[] = [];

  constructor(tokens: string[]) {
    this.tokens = tokens;
  }

  next(): string {
    const token = this.tokens.shift();
    if (token === undefined) throw new Error('the expression ends too early');
    return token;
  }

  take(wanted: string): void {
    const token = this.next();
    if (token !== wanted) throw new Error(`${wanted} expected, not ${token}`);
  }

  end(): void {
    if (this.tokens.length > 0) throw new Error(`left over: ${this.tokens.join(' ')}`);
  }

  expression(): void {
    this.operand();
    while (OPERATOR.test(this.tokens[0] ?? '')) {
      this.next();
      this.operand();
    }
  }

  operand(): void {
    const token = this.next();
    if (token === '(') {
      this.expression();
      this.take(')');
    } else if (/^\d/.test(token)) {
      return;
    } else if (!/^[a-zA-Z_:]/.test(token)) {
      throw new Error(`unexpected ${token}`);
    } else if (AGGREGATES.has(token)) {
      if (this.tokens[0] === 'by' || this.tokens[0] === 'without') this.grouping();
      this.parameters();
    } else if (FUNCTIONS.has(token)) {
      this.parameters();
    } else {
      this.selector(token);
    }
  }

  grouping(): void {
    this.next();
    this.take('(');
    do this.labels.push(this.next());
    while (this.more(')'));
  }

  parameters(): void {
    this.take('(');
    if (this.tokens[0] === ')') {
      this.next();
      return;
    }
    do this.expression();
    while (this.more(')'));
  }

  selector(figure: string): void {
    if (this.tokens[0] === '(') throw new Error(`no function ${figure}`);
    this.figures.push(figure);
    if (this.tokens[0] === '{') {
      this.next();
      do {
        this.labels.push(this.next());
        if (!/^(?:=|!=|=~|!~)$/.test(this.next())) throw new Error('a matcher has an operator');
        if (!this.next().startsWith('"')) throw new Error('a matcher has a quoted value');
      } while (this.more('}'));
    }
    if (this.tokens[0] !== '[') return;
    this.next();
    let duration = '';
    for (let token = this.next(); token !== ']'; token = this.next()) duration += token;
    if (!DURATION.test(duration)) throw new Error(`no duration: ${duration}`);
  }

  /** True after a comma; false after the closing bracket. */
  more(close: string): boolean {
    const token = this.next();
    if (token !== ',' && token !== close) throw new Error(`${close} expected, not ${token}`);
    return token === ',';
  }
}
