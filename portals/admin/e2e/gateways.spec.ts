import { expect, expectAccessible, open, test, unique } from "./portal";

test("a gateway is added, has its deployment, and goes", async ({ page }) => {
  const name = unique("london");
  await open(page, "/gateways");
  await expect(page.getByRole("heading", { name: "Gateways", level: 1 })).toBeVisible();
  await page.getByRole("link", { name: "Add gateway" }).click();

  await page.getByRole("textbox", { name: "Name" }).fill("managed");
  await expect(page.getByText("This name belongs to the built-in gateway.")).toBeVisible();
  await page.getByRole("textbox", { name: "Name" }).fill(name);
  await page.getByRole("textbox", { name: "Location" }).fill("London office");
  await expectAccessible(page);
  await page.getByRole("button", { name: "Add gateway" }).click();

  await expect(page.getByRole("heading", { name, level: 1 })).toBeVisible();
  await expect(page.getByText("0 nodes")).toBeVisible();
  await expect(page.getByText("Waiting for the first node to connect…")).toBeVisible();
  await page.getByRole("button", { name: "Generate token" }).click();
  await expect(page.getByRole("region", { name: "Settings: env.conf" })).toContainText(`GatewayKey ${name}&`);
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download env.conf" }).click();
  expect((await download).suggestedFilename()).toBe("env.conf");
  for (const tab of ["Docker", "Command", "Kubernetes"]) {
    await page.getByRole("tab", { name: tab }).click();
    await expect(page.getByRole("tabpanel", { name: tab })).toBeVisible();
  }
  await expectAccessible(page);

  const pages = page.getByRole("navigation", { name: `Pages of gateway ${name}` });
  await pages.getByRole("link", { name: "Nodes" }).click();
  await expect(page.getByText("No node has connected yet")).toBeVisible();
  await pages.getByRole("link", { name: "APIs" }).click();
  await expect(page.getByText("This gateway runs no API")).toBeVisible();

  await page.getByRole("button", { name: "Delete" }).click();
  await expect(page.getByRole("alertdialog")).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Delete gateway" }).click();
  await expect(page).toHaveURL(/\/gateways$/);
  await expect(page.getByRole("link", { name })).toHaveCount(0);
});

test("the managed gateway runs and tells how it is", async ({ page }) => {
  await open(page, "/gateways/managed");
  await expect(page.getByText("built in")).toBeVisible();
  await expect(page.getByRole("link", { name: "Deployment" })).toHaveCount(0);
  await page.getByRole("combobox", { name: "Time range" }).selectOption("24h");
  await expect(page).toHaveURL(/range=24h/);
  await expectAccessible(page);
  await page.getByRole("link", { name: "Nodes" }).click();
  await expect(page.getByRole("table", { name: "Nodes" }).getByText("online")).toBeVisible();
  await expectAccessible(page);
});

test("a search is in the address", async ({ page }) => {
  await open(page, "/gateways");
  await page.getByRole("searchbox", { name: "Search gateways" }).fill("no such thing");
  await expect(page.getByText("No gateway matches the search.")).toBeVisible();
  await expect(page).toHaveURL(/q=no\+such\+thing/);
  await page.reload();
  await expect(page.getByText("No gateway matches the search.")).toBeVisible();
});
