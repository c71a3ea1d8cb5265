import type { Page } from "@playwright/test";
import { expect, expectAccessible, open, test, unique } from "./portal";

/** Makes an API with one operation through the pages and ends on its operations. */
async function addApi(page: Page, name: string): Promise<void> {
  await open(page, "/add-api");
  await page.getByRole("textbox", { name: "Display name" }).fill(name);
  await page.getByRole("textbox", { name: "Path" }).fill(name);
  await page.getByRole("textbox", { name: "Backend URL" }).fill("http://127.0.0.1:7090/cats");
  await page.getByRole("switch", { name: "Callers need a subscription key" }).click();
  await expect(page.getByRole("textbox", { name: "Identifier" })).toHaveValue(name);
  await page.getByRole("button", { name: "Add API" }).click();
  await expect(page.getByText("No operation yet")).toBeVisible();
  await page.getByRole("link", { name: "Add the first operation" }).click();
  await page.getByRole("textbox", { name: "Display name" }).fill("A fact");
  await page.getByRole("textbox", { name: "URL template" }).fill("/fact");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("link", { name: "A fact", exact: true })).toBeVisible();
}

async function deleteApi(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByRole("button", { name: "Delete API" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete API" }).click();
  await expect(page).toHaveURL(/\/apis$/);
}

/** Replaces the editor's text by pasting: keys would indent, and inserted text is styled by the browser first. */
async function paste(page: Page, text: string): Promise<void> {
  const editor = page.getByRole("textbox", { name: /^Policy of/ });
  await editor.click();
  await page.keyboard.press("ControlOrMeta+a");
  await editor.evaluate((element, pasted) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", pasted);
    element.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  }, text);
}

const policy = (inbound: string) =>
  `<policies>\n    <inbound>\n        <base />\n        ${inbound}\n    </inbound>\n    <backend>\n        <base />\n    </backend>\n    <outbound>\n        <base />\n    </outbound>\n    <on-error>\n        <base />\n    </on-error>\n</policies>\n`;

test("an API is made, changed, called and deleted", async ({ page }) => {
  const name = unique("cats");
  await addApi(page, name);
  await expectAccessible(page);

  await page.getByRole("link", { name: "Add operation" }).click();
  await page.getByRole("textbox", { name: "Display name" }).fill("Another fact");
  await page.getByRole("textbox", { name: "URL template" }).fill("/fact/{id}");
  await expect(page.getByText("Parameters: id")).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("button", { name: "Delete Another fact" }).click();
  await page.getByRole("button", { name: "Delete operation" }).click();
  await expect(page.getByRole("link", { name: "Another fact", exact: true })).toHaveCount(0);

  await page.getByRole("link", { name: "Gateways" }).last().click();
  const managed = page.getByRole("switch", { name: "managed runs this API" });
  await expect(managed).toBeChecked();
  await managed.click();
  await expect(managed).not.toBeChecked();
  await managed.click();
  await expect(managed).toBeChecked();
  await expectAccessible(page);

  await page.getByRole("link", { name: "Test", exact: true }).click();
  await expect(page.getByRole("textbox", { name: "Path and query" })).toHaveValue(`/${name}/fact`);
  await page.getByRole("button", { name: "Send" }).click();
  const result = page.getByRole("region", { name: "Answer" });
  await expect(result).toContainText(/\d{3}.* ms/);
  await expect(result.getByRole("region", { name: "Headers" })).toBeVisible();
  await expectAccessible(page);

  await deleteApi(page);
});

test("a list is searched and sorted in its address", async ({ page }) => {
  const name = unique("sorted");
  await addApi(page, name);
  await open(page, `/apis?q=${name}&sort=path&order=descending`);
  await expect(page.getByRole("link", { name })).toBeVisible();
  await expect(page.getByRole("columnheader", { name: "Path" })).toHaveAttribute("aria-sort", "descending");
  await page.getByRole("button", { name: "Name" }).click();
  await expect(page).toHaveURL(/sort=name/);
  await expectAccessible(page);
  await page.getByRole("link", { name }).click();
  await deleteApi(page);
});

test("a policy is saved, refused with its places, and not overwritten unseen", async ({ page }) => {
  const name = unique("policy");
  await addApi(page, name);
  await page.getByRole("link", { name: "Policy of A fact" }).click();
  await expect(page.getByText("Nothing is stored here; everything is inherited.")).toBeVisible();
  await expectAccessible(page);

  await paste(page, policy(`<set-haeder name="X" />`));
  await page.getByRole("button", { name: "Save" }).click();
  const refusal = page.getByRole("alert");
  await expect(refusal).toContainText("The policy was not saved.");
  await refusal.getByRole("button", { name: /^Line 4, column/ }).click();
  await expect(page.locator(".cm-lintRange-error")).toBeVisible();
  await expectAccessible(page);

  await paste(page, policy(`<set-header name="X-Quote"><value>@(true ? "a" : "b")</value></set-header>`));
  await page.keyboard.press("ControlOrMeta+s");
  await expect(page.getByText(/^Saved/)).toBeVisible();
  await page.reload();
  await expect(page.getByRole("textbox", { name: /^Policy of/ })).toContainText("X-Quote");

  const other = await page.context().newPage();
  await open(other, page.url());
  await paste(other, policy(`<set-header name="X-Other"><value>1</value></set-header>`));
  await other.getByRole("button", { name: "Save" }).click();
  await expect(other.getByText(/^Saved/)).toBeVisible();
  await other.close();

  await paste(page, policy(`<set-header name="X-Mine"><value>1</value></set-header>`));
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Somebody else has changed this policy.")).toBeVisible();
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByRole("button", { name: "Stay" }).click();
  await page.getByRole("button", { name: "Load the stored one, lose mine" }).click();
  await expect(page.getByRole("textbox", { name: /^Policy of/ })).toContainText("X-Other");

  await page.getByRole("button", { name: "Remove" }).click();
  await page.getByRole("button", { name: "Remove policy" }).click();
  await expect(page.getByText("Nothing is stored here; everything is inherited.")).toBeVisible();
  await deleteApi(page);
});

test("the global policy is there from the start", async ({ page }) => {
  await open(page, "/policy");
  await expect(page.getByRole("textbox", { name: "Policy of all APIs" })).toContainText("forward-request");
  await expectAccessible(page);
});
