//! Lets plain `<a href>` go through the router, so that `ui/` can draw links without knowing one.
import type { RouterHistory } from "@tanstack/react-router";

/** Takes over clicks on links of this origin; those with a modifier, a target or a download stay the browser's. */
export function routeLinks(history: RouterHistory): () => void {
  const onClick = (event: MouseEvent) => {
    const link = (event.target as Element | null)?.closest?.("a[href]");
    if (!(link instanceof HTMLAnchorElement) || !isOurs(link, event)) return;
    event.preventDefault();
    history.push(link.pathname + link.search + link.hash);
  };
  document.addEventListener("click", onClick);
  return () => document.removeEventListener("click", onClick);
}

function isOurs(link: HTMLAnchorElement, event: MouseEvent): boolean {
  const modified = event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
  const elsewhere = link.origin !== window.location.origin || link.target !== "" || link.hasAttribute("download");
  const withinPage = link.getAttribute("href")?.startsWith("#");
  return !event.defaultPrevented && !modified && !elsewhere && !withinPage;
}
