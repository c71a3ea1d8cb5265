import { expect, expectAccessible, open, test } from "./portal";

test("the sign-in tells of a wrong token and leads to where one was going", async ({ page }) => {
  await page.goto("/apis?q=cat");
  await expect(page.getByRole("heading", { name: "Sign in to Tollgate" })).toBeVisible();
  await page.getByLabel("Administrator token").fill("wrong");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByText("The control plane does not accept this token (401).")).toBeVisible();
  await expectAccessible(page);
  await page.getByLabel("Administrator token").fill(process.env.TOLLGATE_TOKEN ?? "mock-token");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/apis\?q=cat$/);
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Sign in to Tollgate" })).toBeVisible();
});

test("a token that is no longer good ends the session", async ({ page }) => {
  await page.addInitScript(() => sessionStorage.setItem("tollgate.token", "was good once"));
  await page.goto("/gateways");
  await expect(page.getByText("no longer accepts the token of this tab")).toBeVisible();
});

test("the dark theme stays and keeps its contrast", async ({ page }) => {
  await open(page, "/gateways");
  await page.getByRole("button", { name: "Theme" }).click();
  await page.getByRole("menuitemradio", { name: "Dark" }).click();
  for (const path of ["/gateways", "/gateways/managed", "/apis", "/policy", "/add-api"]) {
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await page.waitForLoadState("networkidle");
    await expectAccessible(page);
  }
});

test("everything can be reached by keyboard", async ({ page }) => {
  await open(page, "/gateways");
  await expect(page.getByRole("table", { name: "Gateways" })).toBeVisible();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to the content" })).toBeFocused();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Add gateway" })).toBeFocused();
});

test("an address that is none says so", async ({ page }) => {
  await open(page, "/no/such/page");
  await expect(page.getByText("There is no such page.")).toBeVisible();
  await open(page, "/apis/no-such-api");
  await expect(page.getByText("Could not load the API.")).toBeVisible();
  await expect(page.getByText("(ResourceNotFound)")).toBeVisible();
});
