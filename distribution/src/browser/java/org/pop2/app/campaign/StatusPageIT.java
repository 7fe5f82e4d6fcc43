package org.pop2.app.campaign;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static com.microsoft.playwright.assertions.PlaywrightAssertions.setDefaultAssertionTimeout;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.ScreenshotAnimations;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The status page of the packaged server in Debian's Chromium. Pictures for the manual go to {@code target/browser};
 * {@code -Dpop2.browser.seconds=N}: traffic before they are taken, so that there is something to see.
 */
@Tag("browser")
@Timeout(7200)
class StatusPageIT {
    private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
    private static final Path PICTURES = Path.of("target/browser");
    private static final long SECONDS = Long.getLong("pop2.browser.seconds", 25);

    /** WCAG 2.2, level AA, for text that is not large. */
    private static final double LEAST_CONTRAST = 4.5;

    private static final int WIDE = 1100;
    private static final int NARROW = 360;

    private static WatchedServer server;
    private static Playwright playwright;
    private static Browser browser;

    private final List<BrowserContext> contexts = new ArrayList<>();
    private final List<String> complaints = new ArrayList<>();
    private final Set<String> asked = new HashSet<>();

    @BeforeAll
    static void begin(@TempDir Path directory) throws Exception {
        DebianPackages.install(Map.of(CHROMIUM.toString(), "chromium"));
        Files.createDirectories(PICTURES);
        // the page is fresh every 5 s
        setDefaultAssertionTimeout(30_000);
        server = new WatchedServer(directory);
        // Playwright's own browsers are not needed, and cannot be had everywhere
        playwright = Playwright.create(
                new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
        browser = playwright
                .chromium()
                .launch(new BrowserType.LaunchOptions()
                        .setExecutablePath(CHROMIUM)
                        .setHeadless(true)
                        .setArgs(List.of(
                                "--no-sandbox",
                                "--disable-gpu",
                                "--disable-quic",
                                "--no-first-run",
                                "--disable-background-networking",
                                "--disable-component-update",
                                "--disable-sync")));
    }

    @AfterAll
    static void end() throws Exception {
        if (browser != null) {
            browser.close();
        }
        if (playwright != null) {
            playwright.close();
        }
        if (server != null) {
            server.close();
        }
    }

    @AfterEach
    void nothingLeftTheOriginAndTheConsoleIsEmpty() throws Exception {
        contexts.forEach(BrowserContext::close);
        server.empty();
        assertThat(complaints).isEmpty();
        assertThat(asked).isNotEmpty().allSatisfy(url -> assertThat(url).startsWith(server.url()));
    }

    private Page open(Browser.NewContextOptions options) {
        BrowserContext context = browser.newContext(options);
        contexts.add(context);
        context.setDefaultTimeout(30_000);
        Page page = context.newPage();
        page.onConsoleMessage(message -> complaints.add(message.text()));
        page.onPageError(complaints::add);
        page.onRequest(request -> asked.add(request.url()));
        page.navigate(server.url());
        return page;
    }

    private Page open(int width, ColorScheme scheme) {
        return open(new Browser.NewContextOptions()
                .setViewportSize(width, 800)
                .setColorScheme(scheme)
                .setLocale("en"));
    }

    private Page openWithToken(int width, ColorScheme scheme) {
        Page page = open(width, scheme);
        page.getByLabel("Management token").fill(WatchedServer.TOKEN);
        page.keyboard().press("Enter");
        assertThat(page.locator("#said")).hasText("Users are shown.");
        return page;
    }

    private static Locator heading(Page page, String name) {
        return page.getByRole(AriaRole.HEADING, new Page.GetByRoleOptions().setName(name));
    }

    private static Locator rowOf(Page page, String user) {
        return page.getByRole(AriaRole.REGION, new Page.GetByRoleOptions().setName("Sessions"))
                .getByRole(AriaRole.ROW)
                .filter(new Locator.FilterOptions().setHasText(user));
    }

    // ---- what everybody sees

    @Test
    void withoutATokenThereAreNumbersAndNoUsers() throws Exception {
        server.logIn("cerf");
        Page page = open(WIDE, ColorScheme.LIGHT);
        assertThat(heading(page, "Health")).isVisible();
        assertThat(page.getByText("storage: good")).isVisible();
        assertThat(page.getByRole(AriaRole.IMG)).hasCount(3);
        assertThat(heading(page, "Sessions")).hasCount(0);
        assertThat(page.content()).doesNotContain("cerf");
        assertThat(page.title()).isEqualTo("pop2d");
    }

    @Test
    void withoutAScriptThePageSaysAsMuch() {
        Page page =
                open(new Browser.NewContextOptions().setJavaScriptEnabled(false).setLocale("en"));
        assertThat(heading(page, "Health")).isVisible();
        assertThat(heading(page, "The last hour")).isVisible();
        assertThat(page.getByText("With a script, this page shows users")).isVisible();
        // what would do nothing is not there
        assertThat(page.getByLabel("Management token")).isHidden();
    }

    // ---- the token

    @Test
    void theTokenShowsUsersAndIsForgottenAtAWord() throws Exception {
        server.logIn("reynolds");
        Page page = openWithToken(WIDE, ColorScheme.LIGHT);
        assertThat(rowOf(page, "reynolds")).containsText("INBOX");
        assertThat(heading(page, "Logins lately")).isVisible();
        assertThat(page.getByLabel("Management token")).isHidden();
        assertThat(page.evaluate("() => localStorage.length + sessionStorage.length + document.cookie.length"))
                .isEqualTo(0);

        page.getByText("Hide users").click();
        assertThat(heading(page, "Sessions")).hasCount(0);
        assertThat(page.getByLabel("Management token")).isFocused();

        page.reload();
        assertThat(heading(page, "Health")).isVisible();
        assertThat(heading(page, "Sessions")).hasCount(0);
    }

    @Test
    void aWrongTokenIsSaidToBeWrong() {
        Page page = open(WIDE, ColorScheme.LIGHT);
        page.getByLabel("Management token").fill("wrong-token-0123456789");
        page.keyboard().press("Enter");
        assertThat(page.getByRole(AriaRole.STATUS)).hasText("This is not the management token.");
        assertThat(page.getByLabel("Management token")).isFocused();
        assertThat(heading(page, "Sessions")).hasCount(0);
        // the browser itself says that of any 401
        assertThat(complaints).allMatch(line -> line.contains("401"));
        complaints.clear();
    }

    // ---- sessions

    @Test
    void theListOfSessionsFollowsWhatHappens() throws Exception {
        Page page = openWithToken(WIDE, ColorScheme.LIGHT);
        try (PlainClient client = server.logIn("mockapetris")) {
            assertThat(rowOf(page, "mockapetris").first()).containsText("mbox");
            client.ask("READ 7");
            assertThat(rowOf(page, "mockapetris").first()).containsText("7 of 300");
            assertThat(rowOf(page, "mockapetris").first()).containsText("item");
        }
        assertThat(rowOf(page, "mockapetris")).hasCount(0);
    }

    @Test
    void aSessionIsKickedWithNothingButTheKeyboard() throws Exception {
        try (PlainClient client = server.logIn("clark")) {
            Page page = open(WIDE, ColorScheme.LIGHT);
            tabTo(page, "#token");
            page.keyboard().type(WatchedServer.TOKEN);
            page.keyboard().press("Enter");
            assertThat(page.locator("#said")).hasText("Users are shown.");
            tabTo(page, "[aria-label^='Kick session'][aria-label$='of clark']");
            page.keyboard().press("Enter");
            Locator dialog = page.getByRole(AriaRole.DIALOG);
            assertThat(dialog).containsText("of clark?");
            // the first of the dialog has the focus, Escape leaves it, and the focus comes back
            page.keyboard().press("Escape");
            assertThat(dialog).isHidden();
            assertThat(page.locator("[aria-label^='Kick session'][aria-label$='of clark']"))
                    .isFocused();
            page.keyboard().press("Enter");
            assertThat(page.locator("#yes")).isFocused();
            page.keyboard().press("Enter");
            assertThat(page.locator("#said")).hasText(java.util.regex.Pattern.compile("Session \\d+ is closed\\."));
            assertThat(client.receive()).isEqualTo("- closed by the operator");
            assertThat(rowOf(page, "clark")).hasCount(0);
            // the keyboard is not lost
            assertThat(page.evaluate("() => document.activeElement !== document.body"))
                    .isEqualTo(true);
        }
    }

    /** Presses Tab until the focus is there; what has it on the way has to show that. */
    private static void tabTo(Page page, String selector) {
        for (int i = 0; i < 100; i++) {
            page.keyboard().press("Tab");
            assertThat(page.evaluate("() => document.activeElement === document.body"
                            + " || parseFloat(getComputedStyle(document.activeElement).outlineWidth) >= 2"))
                    .as("the focus is visible")
                    .isEqualTo(true);
            if (Boolean.TRUE.equals(page.evaluate("it => document.activeElement.matches(it)", selector))) {
                return;
            }
        }
        throw new AssertionError("the keyboard does not reach " + selector);
    }

    @Test
    void whatIsSaidInASessionIsShownAndMailIsNot() throws Exception {
        try (PlainClient client = server.logIn("postel")) {
            Page page = openWithToken(WIDE, ColorScheme.LIGHT);
            page.locator("[aria-label^='Transcript session'][aria-label$='of postel']")
                    .first()
                    .click();
            Locator lines = page.getByRole(AriaRole.LIST, new Page.GetByRoleOptions().setName("Lines"));
            assertThat(lines).containsText("watched from here on, in state MBOX");
            client.receive(WatchedServer.read(client, 2));
            client.ask("ACKS");
            assertThat(lines).containsText("message 2 begins:");
            assertThat(lines).containsText("ACKS");
            assertThat(page.content()).doesNotContain("very private");
            picture(page, "transcript", 640);
            client.ask("QUIT");
            assertThat(page.locator("#progress")).containsText("The session has ended.");
            page.keyboard().press("Escape");
            assertThat(page.getByRole(AriaRole.DIALOG)).isHidden();
        }
    }

    // ---- how it looks

    @ParameterizedTest
    @EnumSource(
            value = ColorScheme.class,
            names = {"LIGHT", "DARK"})
    void textStandsOutFromWhatIsBehindIt(ColorScheme scheme) throws Exception {
        server.logIn("postel");
        server.turnAway("HELO cerf wrong");
        Page page = openWithToken(WIDE, scheme);
        assertThat(rowOf(page, "postel").first()).isVisible();
        @SuppressWarnings("unchecked")
        List<Map<String, Object>> texts = (List<Map<String, Object>>) Objects.requireNonNull(page.evaluate(CONTRASTS));
        assertThat(texts).hasSizeGreaterThan(50);
        assertThat(texts)
                .allSatisfy(text -> assertThat(((Number) Objects.requireNonNull(text.get("contrast"))).doubleValue())
                        .as("%s", text)
                        .isGreaterThanOrEqualTo(LEAST_CONTRAST));
        String background = String.valueOf(page.evaluate("() => getComputedStyle(document.body).backgroundColor"));
        assertThat(background).matches(scheme == ColorScheme.DARK ? "rgb\\(\\d\\d?, .*" : "rgb\\(2\\d\\d, .*");
    }

    /** Each element that has text of its own: the contrast to the nearest background, by the formula of WCAG. */
    private static final String CONTRASTS = """
            () => {
              const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
              const light = ([r, g, b]) => {
                const part = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
                return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
              };
              const behind = (element) => {
                for (let e = element; e; e = e.parentElement) {
                  const color = rgb(getComputedStyle(e).backgroundColor);
                  if (color.length < 4 || color[3] > 0) { return color; }
                }
                return [255, 255, 255];
              };
              return [...document.querySelectorAll('body *')]
                .filter((e) => e.checkVisibility() && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
                .map((e) => {
                  const both = [light(rgb(getComputedStyle(e).color)), light(behind(e))].sort((a, b) => b - a);
                  return { text: e.textContent.trim().slice(0, 40), contrast: (both[0] + 0.05) / (both[1] + 0.05) };
                });
            }
            """;

    @ParameterizedTest
    @CsvSource({"360, LIGHT", "320, DARK", "768, LIGHT", "1600, DARK"})
    void noScreenHasToBeScrolledSideways(int width, ColorScheme scheme) throws Exception {
        server.logIn("postel").ask("FOLD a-folder-with-a-name-that-is-longer-than-any-screen-of-a-telephone-is-wide");
        server.turnAway("EHLO somebody");
        Page page = openWithToken(width, scheme);
        assertThat(rowOf(page, "postel").first()).isVisible();
        assertThat(page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth"))
                .isEqualTo(0);
        page.locator("[data-transcript]").first().click();
        assertThat(page.getByRole(AriaRole.DIALOG)).isVisible();
        assertThat(page.evaluate("() => document.querySelector('#transcript').getBoundingClientRect().right"
                        + " <= document.documentElement.clientWidth"))
                .isEqualTo(true);
    }

    @Test
    void everythingHasANameAndAPlaceInTheOutline() throws Exception {
        server.logIn("postel");
        Page page = openWithToken(WIDE, ColorScheme.LIGHT);
        assertThat(rowOf(page, "postel").first()).isVisible();
        assertThat(page.locator("html")).hasAttribute("lang", "en");
        assertThat(page.getByRole(AriaRole.MAIN)).hasCount(1);
        assertThat(page.getByRole(AriaRole.HEADING, new Page.GetByRoleOptions().setLevel(1)))
                .hasCount(1);
        // no level is left out, no id is there twice, and whatever has a role has a name
        assertThat(page.evaluate("""
                () => {
                  const problems = [];
                  let level = 1;
                  for (const heading of document.querySelectorAll('h1, h2, h3, h4')) {
                    const own = Number(heading.tagName[1]);
                    if (own > level + 1) { problems.push('level ' + own + ': ' + heading.textContent); }
                    level = own;
                  }
                  const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
                  problems.push(...ids.filter((id, i) => ids.indexOf(id) !== i));
                  for (const e of document.querySelectorAll('button, [role=region], svg, section, dialog, ol')) {
                    const by = e.getAttribute('aria-labelledby');
                    const name = e.getAttribute('aria-label') || (by && document.getElementById(by)) || e.textContent.trim();
                    if (!name) { problems.push(e.outerHTML.slice(0, 80)); }
                  }
                  for (const e of document.querySelectorAll('input')) {
                    if (!e.labels.length) { problems.push(e.outerHTML.slice(0, 80)); }
                  }
                  for (const e of document.querySelectorAll('[style]')) { problems.push('style of ' + e.tagName); }
                  return problems;
                }
                """)).isEqualTo(List.of());
    }

    @Test
    void theListIsNotTakenFromUnderTheKeyboard() throws Exception {
        server.logIn("postel");
        Page page = openWithToken(WIDE, ColorScheme.LIGHT);
        Locator button = page.locator("[aria-label^='Transcript session'][aria-label$='of postel']")
                .first();
        button.focus();
        page.evaluate("() => { document.getElementById('shown').dataset.mark = 'old'; }");
        // until the content has been replaced
        assertThat(page.locator("#shown[data-mark]")).hasCount(0);
        assertThat(button).isFocused();
    }

    @Test
    void picturesForTheManual() throws Exception {
        PlainClient reader = server.logIn("postel");
        reader.receive(WatchedServer.read(reader, 3));
        server.logIn("cerf");
        server.logIn("clark").ask("FOLD archive");
        for (String line : List.of(
                "HELO cerf wrong", "HELO cerf guess", "HELO root toor", "EHLO somebody.example", "USER postel")) {
            server.turnAway(line);
        }
        server.traffic(SECONDS);
        for (ColorScheme scheme : List.of(ColorScheme.LIGHT, ColorScheme.DARK)) {
            String name = scheme == ColorScheme.LIGHT ? "light" : "dark";
            for (int width : List.of(WIDE, NARROW)) {
                Page page = openWithToken(width, scheme);
                assertThat(rowOf(page, "postel").first()).isVisible();
                assertThat(page.locator("#mailboxes + p")).containsText("users have");
                page.evaluate("() => document.activeElement.blur()");
                picture(page, "status-" + (width == WIDE ? "wide" : "narrow") + "-" + name, 1600);
            }
        }
    }

    /** The beginning of the page. */
    private static void picture(Page page, String name, int height) throws IOException {
        page.setViewportSize(page.viewportSize().width, height);
        byte[] taken = page.screenshot(new Page.ScreenshotOptions().setAnimations(ScreenshotAnimations.DISABLED));
        Files.write(PICTURES.resolve(name + ".png"), Pictures.small(taken));
    }
}
