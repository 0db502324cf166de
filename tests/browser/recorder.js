// Notes whatever is painted, so that a test can say afterwards what was seen, however short it was.
(() => {
  const seen = { lives: [], answer: [], slots: [], cards: {}, moving: 0 };
  const push = (list, value) => value !== undefined && list.at(-1) !== value && list.push(value);
  const look = () => {
    push(seen.lives, document.querySelector(".liveline [role=status]")?.textContent);
    const last = [...document.querySelectorAll(".talk article")].at(-1);
    if (last?.matches(".answer")) push(seen.answer, last.querySelector(".liveline") ? "live" : "over");
    push(seen.slots, document.querySelectorAll(".slot").length);
    for (const card of document.querySelectorAll("article.card")) {
      const notes = (seen.cards[card.id] ??= []);
      const head = card.querySelector(".card-h .st")?.textContent.trim().split(",")[0] ?? "";
      const length = card.querySelector(".pv")?.textContent.length ?? 0;
      const before = notes.at(-1);
      if (before?.head !== head || before.length !== length) notes.push({ head, length });
    }
    const moving = document.getAnimations().filter((each) => each.playState === "running");
    seen.moving = Math.max(seen.moving, moving.filter((each) => each instanceof CSSAnimation).length);
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true });
  window.seen = seen;
})();
