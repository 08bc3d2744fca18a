package carve.app.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.app.TestDistribution;
import carve.app.cli.CommandRunner;
import carve.app.report.Terminal;
import carve.app.train.RunFixture;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests of the chat page in a browser, with the demo's teacher under two names. */
final class ChatPageTest {
    private static final Path PICTURES = Path.of("target", "screenshots");
    private static final String DESCRIBED = "a cyan square top right and a green star bottom center";

    @TempDir
    private static Path folder;

    private static Process server;
    private static String address;
    private static Chromium browser;

    @BeforeAll
    static void open() throws IOException {
        browser = Chromium.orLeaveOut(1280, 860);
        shapes();
        String teacher = Path.of("..", "demo", "teacher").toString();
        Path errors = folder.resolve("errors");
        server = TestDistribution.process(
                        "serve",
                        "teacher=" + teacher,
                        "student=" + teacher,
                        "--port",
                        "0",
                        "--runs",
                        runs().toString(),
                        "--states",
                        folder.resolve("states").toString())
                .redirectError(errors.toFile())
                .start();
        BufferedReader out = server.inputReader(StandardCharsets.UTF_8);
        Matcher told = Pattern.compile("at (http://\\S+)").matcher(String.valueOf(out.readLine()));
        assertTrue(told.find(), () -> "no server: " + read(errors));
        address = told.group(1);
    }

    private static Path runs() throws IOException {
        Path runs = folder.resolve("runs");
        RunFixture.whole(runs.resolve("hybrid"), folder.resolve("shapes/test/000000.png"));
        return runs;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    private static void shapes() {
        StringWriter printed = new StringWriter();
        Terminal terminal = new Terminal(new PrintWriter(printed), new PrintWriter(printed, true), false);
        int code = new CommandRunner(terminal, List.of(TestDistribution.home()), Map.of())
                .run(
                        "data",
                        "shapes",
                        "--out",
                        folder.resolve("shapes").toString(),
                        "-Dimage-size=48",
                        "-Dlight-background-percent=0",
                        "-Dmax-shapes=3",
                        "-Dtrain-scenes=0",
                        "-Dtest-scenes=1");
        assertEquals(0, code, printed::toString);
    }

    @AfterAll
    static void close() throws InterruptedException {
        if (browser != null) {
            browser.close();
        }
        if (server != null) {
            server.destroy();
            server.waitFor();
        }
    }

    private static void begin(int width, int height, String scheme) {
        browser.size(width, height);
        browser.scheme(scheme);
        browser.go(address);
        browser.read("localStorage.clear()");
        browser.reload();
        browser.waitFor("document.querySelector('.welcome') && document.activeElement.id === 'question'");
        set("temperature", "0");
    }

    private static void set(String setting, String value) {
        browser.click("#settings");
        browser.waitFor("document.querySelector('#settings-box').open");
        browser.read("document.querySelector('#%s').value = ''; document.querySelector('#%s').focus()"
                .formatted(setting, setting));
        browser.type(value);
        browser.click("#settings-box button");
        browser.waitFor("!document.querySelector('dialog[open]')");
    }

    private static void ask(String question, int turn) {
        browser.read("document.querySelector('#question').focus()");
        browser.type(question);
        browser.press("Enter");
        browser.waitFor(
                "document.querySelectorAll('.turn').length === %d && document.querySelector('#send').innerText === '↑'"
                        .formatted(turn));
    }

    private static String answers(int turn) {
        return browser.read(
                "[...document.querySelectorAll('.turn')[%d].querySelectorAll('.answer .text')].map(e => e.innerText).join(' | ')"
                        .formatted(turn));
    }

    private static String titles() {
        return browser.read(
                "[...document.querySelectorAll('#conversations .title')].map(e => e.innerText).join(' | ')");
    }

    private static String states() {
        return browser.read("fetch('v1/states').then(answer => answer.json()).then(all => String(all.data.length))");
    }

    private static void show() {
        browser.upload("#file", folder.resolve("shapes/test/000000.png"));
        browser.waitFor("document.querySelector('#pictures img')");
    }

    @Test
    void aPictureIsAskedAboutTheTalkForkedAndTwoModelsCompared() throws IOException {
        begin(1280, 860, "light");
        show();
        ask("describe the picture", 1);
        assertEquals(DESCRIBED, answers(0));
        ask("how many shapes are there?", 2);
        assertEquals("two", answers(1));
        assertTrue(browser.read("document.querySelector('#meters').innerText")
                .matches("(?s).* tokens/s at 5\\d positions.*"));
        browser.picture(PICTURES.resolve("chat.png"));

        browser.click(".turn .tools button");
        browser.waitFor("document.querySelectorAll('.turn').length === 1");
        assertEquals("describe the picture (fork) | describe the picture", titles());
        // the server keeps what the model remembers at the fork
        browser.waitFor("JSON.parse(localStorage.getItem('carve-talks'))[0].states?.length === 1");
        assertEquals("1", states());
        browser.click("#compare");
        ask("what colour is the star?", 2);
        assertEquals("green | green", answers(1));
        assertEquals("2", browser.read("document.querySelectorAll('#meters .meter').length"));
        browser.picture(PICTURES.resolve("side-by-side.png"));

        browser.reload();
        browser.waitFor("document.querySelectorAll('.turn').length === 2");
        assertEquals("green | green", answers(1));
        assertEquals("true", browser.read("document.querySelector('.said img').naturalWidth === 48"));
        browser.click("#conversations li:nth-child(2) .title");
        browser.waitFor("document.querySelectorAll('.answers.two').length === 0");
        assertEquals("two", answers(1));
        browser.click("#conversations li:nth-child(1) .remove");
        while (!states().equals("0")) {
            browser.waitFor("true");
        }
        assertEquals("describe the picture", titles());
        assertEquals(List.of(), browser.errors());
    }

    @Test
    void aPictureCanBePastedAndAQuestionAskedOtherwise() {
        begin(1280, 860, "light");
        browser.read("""
                (() => {
                  const canvas = document.createElement('canvas');
                  canvas.width = canvas.height = 2000;
                  canvas.getContext('2d').fillRect(0, 0, 900, 900);
                  return new Promise(done => canvas.toBlob(blob => {
                    const data = new DataTransfer();
                    data.items.add(new File([blob], 'pasted.png', { type: 'image/png' }));
                    document.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true }));
                    done(1);
                  }));
                })()""");
        browser.waitFor("document.querySelector('#pictures img')?.naturalWidth === 1280");
        browser.click("#pictures button");
        browser.waitFor("!document.querySelector('#pictures img')");
        ask("is there a star?", 1);
        browser.click(".turn .tools button:nth-child(2)");
        browser.waitFor("document.querySelector('#question').value === 'is there a star?'");
        assertEquals("0", browser.read("document.querySelectorAll('.turn').length"));
        assertEquals(List.of(), browser.errors());
    }

    @Test
    void refusalsAreToldAndTheTalkGoesOn() {
        begin(1280, 860, "light");
        set("max-tokens", "100000000");
        ask("describe the picture", 1);
        assertTrue(browser.read("document.querySelector('.answer .wrong').innerText")
                .contains("maximum context length"));
        set("max-tokens", "8");
        ask("is there a star?", 2);
        assertEquals("0", browser.read("document.querySelectorAll('.turn:nth-child(2) .wrong').length"));
        assertEquals(List.of(), browser.errors());
    }

    @Test
    void aQuestionThatNoServerHasSeenIsNotLost() {
        begin(1280, 860, "light");
        browser.read("window.network = fetch; window.fetch = () => Promise.reject(new TypeError('no network')); ''");
        show();
        browser.type("describe the picture");
        browser.press("Enter");
        browser.waitFor("!document.querySelector('#problem').classList.contains('hidden')");
        assertEquals("describe the picture", browser.read("document.querySelector('#question').value"));
        assertEquals("0", browser.read("document.querySelectorAll('.turn').length"));
        browser.read("window.fetch = window.network; ''");
        ask("", 1);
        assertEquals(DESCRIBED, answers(0));
        assertEquals("true", browser.read("document.querySelector('#problem').classList.contains('hidden')"));
        assertEquals(List.of(), browser.errors());
    }

    @Test
    void thePageFitsAPhone() throws IOException {
        begin(375, 812, "dark");
        show();
        ask("describe the picture", 1);
        assertEquals(DESCRIBED, answers(0));
        browser.click("#compare");
        ask("how many shapes are there?", 2);
        assertEquals("two | two", answers(1));
        assertEquals("375", browser.read("document.documentElement.scrollWidth"));
        browser.picture(PICTURES.resolve("chat-phone.png"));
        browser.click("#open-side");
        browser.waitFor("document.querySelector('#conversations .title').getBoundingClientRect().left >= 0");
        browser.press("Escape");
        browser.waitFor("!document.querySelector('#side').classList.contains('open')");
        assertEquals(List.of(), browser.errors());
    }

    @Test
    void runsAreShownBeside() {
        begin(1280, 860, "light");
        browser.waitFor("!document.querySelector('#runs').classList.contains('hidden')");
        browser.click("#runs");
        browser.waitFor("document.querySelector('#status')?.innerText === 'finished'");
        browser.waitFor("document.querySelector('#samples img')?.naturalWidth === 48");
        assertEquals(List.of(), browser.errors());
    }

    @Test
    void allThatCanBePressedHasAName() {
        begin(1280, 860, "light");
        show();
        ask("describe the picture", 1);
        assertEquals("", browser.read("""
                [...document.querySelectorAll('button, input, select, textarea')]
                  .filter(e => !e.closest('dialog:not([open])') && !e.ariaLabel && !e.innerText?.trim() && !e.labels?.length)
                  .map(e => e.outerHTML).join('\\n')"""));
        assertEquals(
                "",
                browser.read(
                        "[...document.querySelectorAll('img')].filter(e => !e.alt).map(e => e.outerHTML).join('\\n')"));
    }
}
