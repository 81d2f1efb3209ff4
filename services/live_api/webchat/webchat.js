// Greenroom web chat. A site includes it, and it puts a button and a frame there:
//
//   <script src="https://live.example/v1/channels/CHANNEL/webchat/webchat.js" async></script>
//
// Inside of the frame the same file is the chat. Whatever anybody says is shown as text: nothing here is parsed as
// HTML. Links and pictures are those of http and https alone.
(() => {
  "use strict";

  const framed = document.querySelector('meta[name="greenroom-colour"]');
  const base = new URL(document.currentScript.src).href.replace(/\/webchat\.js(\?.*)?$/, "");

  // -- small things -----------------------------------------------------------

  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  };

  const safe = (address) => {
    try {
      const url = new URL(address);
      return ["http:", "https:"].includes(url.protocol) ? url.href : null;
    } catch {
      return null;
    }
  };

  const icon = (path) => {
    const space = "http://www.w3.org/2000/svg";
    const drawing = document.createElementNS(space, "svg");
    for (const [name, value] of Object.entries({ viewBox: "0 0 24 24", width: 24, height: 24, "aria-hidden": true })) {
      drawing.setAttribute(name, value);
    }
    const line = document.createElementNS(space, "path");
    line.setAttribute("d", path);
    line.setAttribute("fill", "currentColor");
    drawing.append(line);
    return drawing;
  };
  const CHAT = "M4 4h16a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H9l-5 4v-4a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z";
  const CROSS = "M6.4 5 12 10.6 17.6 5 19 6.4 13.4 12 19 17.6 17.6 19 12 13.4 6.4 19 5 17.6 10.6 12 5 6.4z";
  const ARROW = "M3 20.5v-6.3L13 12 3 9.8V3.5L22 12z";

  const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

  const newId = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  };

  // -- on the site: a button, and the frame that it opens ----------------------

  const launch = () => {
    const host = make("div");
    const root = host.attachShadow({ mode: "open" });
    const corner = "position:fixed;right:20px;z-index:2147483000;";
    const frame = make("iframe", { src: base, title: "Chat", allow: "" });
    frame.style.cssText =
      `${corner}bottom:92px;width:min(380px,calc(100vw - 40px));height:min(600px,calc(100vh - 120px));` +
      "border:0;border-radius:14px;box-shadow:0 8px 40px rgba(0,0,0,.25);background:#fff;color-scheme:light";
    frame.hidden = true;
    const button = make("button", { type: "button", "aria-expanded": "false", "aria-label": "Open the chat" }, icon(CHAT));
    button.style.cssText =
      `${corner}bottom:20px;width:60px;height:60px;border:0;border-radius:50%;font-size:26px;cursor:pointer;` +
      "background:#2f7d5b;color:#fff;box-shadow:0 4px 16px rgba(0,0,0,.3)";
    const show = (open) => {
      frame.hidden = !open;
      button.setAttribute("aria-expanded", String(open));
      button.setAttribute("aria-label", open ? "Close the chat" : "Open the chat");
      button.replaceChildren(icon(open ? CROSS : CHAT));
      if (open) frame.focus();
      else button.focus();
    };
    button.addEventListener("click", () => show(frame.hidden));
    window.addEventListener("message", (event) => {
      if (event.source !== frame.contentWindow || event.origin !== new URL(base).origin) return;
      if (event.data === "greenroom:close") show(false);
      const colour = /^greenroom:colour:(#[0-9a-fA-F]{6})$/.exec(event.data);
      if (colour) button.style.background = colour[1];
    });
    root.append(frame, button);
    document.body.append(host);
  };

  // -- in the frame: what is remembered ----------------------------------------

  const place = `greenroom:${base}`;
  let memory = { token: null, pending: [] };

  const recall = () => {
    try {
      memory = { ...memory, ...JSON.parse(localStorage.getItem(place) || "{}") };
    } catch {
      // Storage is closed to frames of other sites in some browsers: the chat then lasts as long as the page.
    }
  };

  const remember = () => {
    try {
      localStorage.setItem(place, JSON.stringify(memory));
    } catch {
      // As above.
    }
  };

  // -- in the frame: speaking with live ----------------------------------------

  const ask = (path, options = {}) =>
    fetch(path, {
      ...options,
      headers: {
        ...(memory.token ? { Authorization: `Bearer ${memory.token}` } : {}),
        ...(options.body ? { "Content-Type": "application/json" } : {}),
      },
    });

  const openSession = async () => {
    const answer = await ask(`${base}/sessions`, { method: "POST", body: "{}" });
    if (!answer.ok) throw new Error(`session: ${answer.status}`);
    memory.token = (await answer.json()).token;
    remember();
  };

  // A page that was away for long is shown the door once, and comes in again.
  const askAgain = async (path, options) => {
    if (!memory.token) await openSession();
    const answer = await ask(path, options);
    if (answer.status !== 401) return answer;
    memory.token = null;
    await openSession();
    return ask(path, options);
  };

  const post = async (message) => {
    for (let wait = 500; ; wait = Math.min(wait * 2, 10000)) {
      try {
        const answer = await askAgain(`${base.replace(/\/webchat$/, "")}/webhook`, {
          method: "POST",
          body: JSON.stringify(message),
        });
        if (answer.ok) return true;
        if (answer.status < 500 && ![401, 408, 429].includes(answer.status)) return false;
      } catch {
        // Offline, or live restarts: the message has a name, so that it may be sent again.
      }
      await pause(wait * (0.5 + Math.random() / 2));
    }
  };

  // -- in the frame: what is seen ----------------------------------------------

  const chat = () => {
    recall();
    const colour = framed.content;
    document.documentElement.style.setProperty("--colour", colour);
    if (window.parent !== window) window.parent.postMessage(`greenroom:colour:${colour}`, "*");

    const log = make("div", { class: "log", role: "log", "aria-live": "polite", "aria-label": "Conversation", tabindex: "0" });
    const status = make("p", { class: "status", role: "status" });
    const field = make("textarea", { rows: "1", "aria-label": "Your message", placeholder: "Write a message", maxlength: "4000" });
    const form = make("form", { class: "write" }, field, make("button", { type: "submit", "aria-label": "Send" }, icon(ARROW)));
    const close = make("button", { type: "button", class: "close", "aria-label": "Close the chat" }, icon(CROSS));
    const header = make("header", {}, make("h1", {}, document.title), window.parent === window ? "" : close);
    document.body.append(header, log, status, form);

    const waiting = new Map();
    let cursor = null;
    let quick = null;

    const atTheEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 80;

    const add = (element) => {
      const follow = atTheEnd();
      log.append(element);
      if (follow) log.scrollTop = log.scrollHeight;
      return element;
    };

    const bubble = (who, text) => make("p", { class: `bubble ${who}` }, text);

    const typing = (on) => {
      log.querySelector(".typing")?.remove();
      if (on) add(make("p", { class: "bubble bot typing", "aria-label": "An answer is being written" }, "…"));
    };

    const say = (text, payload) => {
      const message = { id: newId(), text, ...(payload ? { payload } : {}) };
      memory.pending.push(message);
      remember();
      quick?.remove();
      deliver(message);
    };

    let line = Promise.resolve();
    const deliver = (message) => {
      const shown = add(bubble("user pending", message.text));
      waiting.set(message.id, { shown, text: message.text });
      log.scrollTop = log.scrollHeight;
      typing(true);
      line = line.then(() => post(message)).then((taken) => {
        shown.classList.remove("pending");
        if (!taken) {
          shown.classList.add("refused");
          waiting.delete(message.id);
          typing(false);
        }
        memory.pending = memory.pending.filter((other) => other.id !== message.id);
        remember();
      });
    };

    const choice = (option, kind) => {
      const address = option.url ? safe(option.url) : null;
      if (address) {
        return make("a", { class: kind, href: address, target: "_blank", rel: "noopener noreferrer" }, option.title);
      }
      return make("button", { type: "button", class: kind, onclick: () => say(option.title, option.payload) }, option.title);
    };

    const choices = (options, kind) => make("div", { class: `${kind}s` }, ...options.map((option) => choice(option, kind)));

    const picture = (address, label) => {
      const url = safe(address);
      return url ? make("img", { src: url, alt: label, loading: "lazy", referrerpolicy: "no-referrer" }) : "";
    };

    const card = (told) =>
      make(
        "li",
        { class: "card" },
        told.image_url ? picture(told.image_url, "") : "",
        make("h2", {}, told.title),
        told.subtitle ? make("p", {}, told.subtitle) : "",
        choices(told.buttons || [], "button"),
      );

    const media = ({ type, url }) => {
      const address = safe(url);
      if (!address) return "";
      if (type === "image") return picture(address, "Picture");
      if (type === "video" || type === "audio") return make(type, { src: address, controls: "" });
      const name = decodeURIComponent(new URL(address).pathname.split("/").pop() || "") || "File";
      return make("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, name);
    };

    const reply = (told) => {
      if (told.text) add(bubble("bot", told.text));
      if (told.media) add(make("div", { class: "media" }, media(told.media)));
      if (told.carousel?.length) add(make("ul", { class: "carousel", tabindex: "0", "aria-label": "Cards" }, ...told.carousel.map(card)));
      if (told.buttons?.length) add(choices(told.buttons, "button"));
      if (told.quick_replies?.length) quick = add(choices(told.quick_replies, "quick"));
    };

    const show = (item) => {
      const follow = atTheEnd();
      let first = null;
      if (item.text !== null) {
        // What was said here stands here already; what was said in another tab does not.
        const mine = [...waiting].find(([, other]) => other.text === item.text);
        if (mine) {
          waiting.delete(mine[0]);
          mine[1].shown.classList.remove("pending");
          first = mine[1].shown;
        } else {
          first = add(bubble("user", item.text));
        }
      }
      typing(false);
      quick?.remove();
      quick = null;
      item.replies.forEach(reply);
      if (waiting.size) typing(true);
      // A long answer is read from its beginning.
      if (follow && first) log.scrollTop = first.offsetTop - 8;
      cursor = item.cursor;
    };

    const catchUp = async () => {
      for (;;) {
        const answer = await askAgain(`${base}/messages${cursor ? `?after=${cursor}` : ""}`);
        if (!answer.ok) throw new Error(`messages: ${answer.status}`);
        const told = await answer.json();
        told.items.forEach(show);
        cursor = told.cursor;
        if (told.items.length < 100) return;
      }
    };

    const listen = async () => {
      const answer = await askAgain(`${base}/events?after=${cursor}`);
      if (!answer.ok) throw new Error(`events: ${answer.status}`);
      status.textContent = "";
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let text = "";
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        text += value;
        const events = text.split("\n\n");
        text = events.pop();
        for (const event of events) {
          const data = event.split("\n").find((each) => each.startsWith("data: "));
          if (data) show(JSON.parse(data.slice(6)));
        }
      }
    };

    const stay = async () => {
      let renewed = false;
      for (let wait = 500; ; wait = Math.min(wait * 2, 10000)) {
        try {
          // Whoever comes back in time never loses the conversation.
          if (!renewed) await openSession();
          renewed = true;
          await catchUp();
          if (memory.pending.length && !waiting.size) memory.pending.forEach(deliver);
          await listen();
          wait = 250;
        } catch (error) {
          const closed = error.message === "session: 403";
          status.textContent = closed ? "This chat is closed just now." : "No connection. Trying again…";
        }
        await pause(wait * (0.5 + Math.random() / 2));
      }
    };

    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = field.value.trim();
      if (text) say(text);
      field.value = "";
      field.focus();
    });
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        form.requestSubmit();
      }
    });
    const leave = () => window.parent.postMessage("greenroom:close", "*");
    close.addEventListener("click", leave);
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && window.parent !== window) leave();
    });
    stay();
  };

  const begin = framed ? chat : launch;
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
