//! The token of this tab. It lives in `sessionStorage`: a new tab asks again, and nothing outlives the browser.

const KEY = "tollgate.token";

export const session = {
  token: (): string | null => sessionStorage.getItem(KEY),
  begin: (token: string) => sessionStorage.setItem(KEY, token),
  end: () => sessionStorage.removeItem(KEY),
};
