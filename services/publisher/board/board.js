// The board of the start page: it asks the publisher, with the key of this tab, for the bots that are looked at, and
// changes nothing. A bot that takes long to tell of is asked for less often, and a tab that nobody sees asks nothing.

import { card, make } from "./card.js";

const KEPT = "greenroom-key";
const PAGE = 24, MOST_A_PAGE = 500, MOST_AT_ONCE = 2, PATIENCE = 40_000;
const TICK = 500, FOLLOWING = 2_000, BOT_EVERY = 30_000, LIST_EVERY = 60_000, LONGEST = 300_000;
// How much longer than it took to tell of a bot it is left alone.
const COST = 20, AGAIN = 5_000;

const at = (id) => document.getElementById(id);
const board = at("board"), told = at("told"), more = at("more"), enter = at("enter"), leave = at("leave");

let key = sessionStorage.getItem(KEPT);
let bots = new Map(), next = null, asking = 0;
let wanted = PAGE, listing = false, listDue = 0, listTroubles = 0;

// -- asking --------------------------------------------------------------------------

class Refused extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

const ask = async (path, shown = key) => {
  let response;
  try {
    const headers = { Authorization: `Bearer ${shown}` };
    response = await fetch(path, { headers, cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
  } catch (error) {
    const how = error.name === "TimeoutError" ? "does not answer" : "cannot be reached";
    throw new Refused(0, `The publisher ${how}.`);
  }
  const answer = await response.json().catch(() => null);
  if (response.ok && answer) return answer;
  throw new Refused(response.status, answer?.detail ?? `The publisher answered ${response.status}.`);
};

// What came back for a key that was taken away meanwhile is nobody's.
const still = (shown) => shown !== null && shown === key;

// -- the list -------------------------------------------------------------------------

const list = async () => {
  const shown = key, most = wanted;
  let wait = LIST_EVERY;
  listing = true;
  try {
    const { found, cursor, away } = await pages(shown, most);
    if (!still(shown)) return;
    listTroubles = 0;
    take(found, cursor);
    say(away ? `${away} These are the bots that live serves.` : "");
  } catch (error) {
    if (!still(shown)) return;
    if (error.status === 401 || (error.status === 403 && !bots.size)) return forget(error.message);
    listTroubles += 1;
    wait = later(listTroubles);
    tell(error.message);
  } finally {
    listing = false;
    // Somebody wanted more meanwhile, or has come with another key.
    listDue = wanted > most || !still(shown) ? 0 : Date.now() + wait;
  }
};

const pages = async (shown, most) => {
  const found = [];
  let cursor = null, away = null;
  do {
    const query = new URLSearchParams({ limit: Math.min(MOST_A_PAGE, most - found.length) });
    if (cursor) query.set("cursor", cursor);
    const page = await ask(`v1/bots?${query}`, shown);
    found.push(...page.items);
    cursor = page.next;
    away ??= page.draft_away;
  } while (cursor && found.length < most);
  return { found, cursor, away };
};

const later = (troubles) => Math.min(LONGEST, AGAIN * 2 ** troubles);

const say = (trouble) => {
  const count = `${next ? "The first " : ""}${bots.size} ${bots.size === 1 ? "bot" : "bots"}`;
  const known = bots.size ? `${count}.` : "No bots yet: the first steps below make one.";
  tell(`${known} ${trouble}`.trim());
};

// What was said already is not read out again.
const tell = (text) => {
  if (told.textContent !== text) told.textContent = text;
};

const take = (found, cursor) => {
  const before = bots;
  bots = new Map(found.map((bot) => [bot.id, Object.assign(before.get(bot.id) ?? fresh(bot), bot)]));
  next = cursor;
  more.hidden = !next;
  for (const [id, bot] of before) if (!bots.has(id)) bot.place.remove();
  let place = board.firstElementChild;
  for (const bot of bots.values()) {
    if (bot.place === place) place = place.nextElementSibling;
    else board.insertBefore(bot.place, place);
    if (!bot.drawn) draw(bot);
  }
};

const fresh = (bot) => {
  const made = { ...bot, place: make("li", {}), seen: false, due: 0, troubles: 0 };
  made.place.bot = made;
  watcher.observe(made.place);
  return made;
};

const watcher = new IntersectionObserver((changes) => {
  for (const change of changes) change.target.bot.seen = change.isIntersecting;
}, { rootMargin: "100px" });

// -- one bot ---------------------------------------------------------------------------

const draw = (bot) => {
  const { colour, parts } = card(bot);
  bot.place.className = `card ${colour}`;
  bot.place.replaceChildren(...parts);
  bot.drawn = true;
};

const first = (page) => page.items[0] ?? null;

// Each part stands by itself: what live knows is shown while draft is away, what the publisher knows while both are.
const look = async (bot) => {
  const began = Date.now(), path = `v1/bots/${encodeURIComponent(bot.id)}`;
  const parts = {
    status: ask(`${path}/status`),
    release: ask(`${path}/releases?limit=1`).then(first),
    publication: ask(`${path}/publications?limit=1`).then(first),
    refusal: ask(`${path}/audit?limit=1&action=publication_refused`).then(first),
  };
  const ended = await Promise.allSettled(Object.values(parts));
  const problems = new Map();
  Object.keys(parts).forEach((part, place) => {
    const { value, reason } = ended[place];
    if (reason) problems.set(part, reason);
    else bot[part] = value;
  });
  if (!problems.has("status")) bot.asOf = new Date().toISOString();
  const trouble = problems.get("status") ?? [...problems.values()][0];
  bot.problem = trouble?.message ?? null;
  bot.troubles = trouble ? bot.troubles + 1 : 0;
  const took = Date.now() - began;
  bot.due = Date.now() + (trouble ? later(bot.troubles) : Math.max(BOT_EVERY, COST * took));
  return trouble;
};

// While a publication runs it alone is asked for: it is the publisher's own record, and costs little.
const follow = async (bot) => {
  const { status } = bot;
  for (const where of ["running", "preview_running"]) {
    if (!status[where]) continue;
    status[where] = await ask(`v1/publications/${encodeURIComponent(status[where].id)}`);
    if (status[where].ended_at) bot.due = 0;
  }
};

const running = (bot) => Boolean(bot.status?.running || bot.status?.preview_running);

const visit = async (bot) => {
  const shown = key;
  asking += 1;
  bot.asked = true;
  let trouble = null;
  try {
    if (running(bot) && bot.due > Date.now()) {
      await follow(bot);
      bot.problem = null;
    } else trouble = await look(bot);
  } catch (error) {
    trouble = error;
    bot.problem = error.message;
  } finally {
    asking -= 1;
    bot.asked = false;
    bot.follow = Date.now() + (trouble ? BOT_EVERY : FOLLOWING);
  }
  if (!still(shown)) return;
  if (trouble?.status === 401) return forget(trouble.message);
  draw(bot);
};

const due = (bot, now) => bot.seen && !bot.asked && (bot.due <= now || (running(bot) && bot.follow <= now));

const tick = () => {
  if (!key || document.hidden) return;
  const now = Date.now();
  if (!listing && listDue <= now) list();
  for (const bot of bots.values()) {
    if (asking >= MOST_AT_ONCE) return;
    if (due(bot, now)) visit(bot);
  }
};

// -- the key ---------------------------------------------------------------------------

const forget = (why = "") => {
  key = null;
  sessionStorage.removeItem(KEPT);
  bots.forEach((bot) => watcher.unobserve(bot.place));
  bots = new Map();
  wanted = PAGE;
  board.replaceChildren();
  next = null;
  told.textContent = "";
  at("refused").textContent = why;
  show();
};

const show = () => {
  enter.hidden = Boolean(key);
  leave.hidden = !key;
  document.body.classList.toggle("entered", Boolean(key));
  if (!key) more.hidden = true;
};

enter.addEventListener("submit", (event) => {
  event.preventDefault();
  const typed = at("key").value.trim();
  at("key").value = "";
  at("refused").textContent = "";
  // Nothing else can stand in a header.
  if (!/^[\x21-\x7e]+$/.test(typed)) {
    at("refused").textContent = "This is not a key: keys are letters, digits and signs, without spaces.";
    return;
  }
  key = typed;
  sessionStorage.setItem(KEPT, key);
  listDue = 0;
  show();
  told.textContent = "Looking…";
  tick();
});

leave.addEventListener("click", () => {
  forget();
  at("key").focus();
});
more.addEventListener("click", () => {
  wanted = bots.size + PAGE;
  listDue = 0;
  tick();
});
document.addEventListener("visibilitychange", tick);
show();
setInterval(tick, TICK);
tick();
