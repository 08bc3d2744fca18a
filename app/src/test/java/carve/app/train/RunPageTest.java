package carve.app.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.app.page.Chromium;
import carve.app.serve.web.WatchServer;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page of runs in a browser. */
final class RunPageTest {
    private static final Path PICTURES = Path.of("target", "screenshots");
    private static Chromium browser;

    @TempDir
    private Path folder;

    private Path run;
    private WatchServer server;

    @BeforeAll
    static void open() {
        browser = Chromium.orLeaveOut(1280, 1000);
    }

    @AfterAll
    static void close() {
        if (browser != null) {
            browser.close();
        }
    }

    @BeforeEach
    void start() throws IOException {
        run = folder.resolve("runs/hybrid");
        BufferedImage image = new BufferedImage(48, 48, BufferedImage.TYPE_INT_RGB);
        image.createGraphics().fillOval(10, 10, 20, 20);
        Path picture = folder.resolve("picture.png");
        ImageIO.write(image, "png", picture.toFile());
        RunFixture.whole(run, picture);
        server = WatchServer.start(new RunFolders(folder.resolve("runs")), 0, Clock.systemUTC());
        browser.size(1280, 1000);
        browser.scheme("light");
    }

    @AfterEach
    void stop() {
        if (server != null) {
            browser.leave();
            server.close();
        }
    }

    private static String text(String selector) {
        return browser.read("document.querySelector('%s').innerText".formatted(selector));
    }

    @Test
    void aFinishedRunIsShownAndItsStagesCanBeChosen() throws IOException {
        browser.go(server.address());
        browser.waitFor("document.querySelectorAll('#stages button').length === 2");
        assertEquals("finished", text("#status"));
        assertEquals("distilled from demo/teacher; layers: 2 × attention, 4 × mamba2", text("#about"));
        assertEquals("true", browser.read("document.querySelectorAll('#stages button')[1].ariaSelected"));
        assertTrue(text("#samples").contains("student\ntwo"), text("#samples"));
        browser.waitFor("document.querySelector('#samples img')?.naturalWidth === 48");
        browser.picture(PICTURES.resolve("run.png"));
        browser.click("#stages button");
        browser.waitFor("document.querySelector('#stages button').ariaSelected === 'true'");
        assertEquals(
                "mean-squared-error@heads: 4 layers, from 0.59 to 5.52",
                browser.read("document.querySelector('#heat canvas').ariaLabel"));
        assertEquals("true", browser.read("document.querySelector('#samples-panel').classList.contains('hidden')"));
        browser.press("ArrowRight");
        browser.waitFor("document.querySelectorAll('#stages button')[1].ariaSelected === 'true'");
        assertEquals(List.of(), browser.errors());
    }

    @Test
    void aRunThatGoesOnIsShownAsItGrowsAndAfterAReload() throws IOException {
        RunFixture going =
                new RunFixture(folder.resolve("runs/new")).schedule("align", 60).steps("align", 1, 20);
        browser.go(server.address());
        browser.waitFor("document.querySelector('#status')?.innerText === 'running'");
        assertTrue(text("#stages").contains("20 of 60 steps"), text("#stages"));
        going.steps("align", 21, 33);
        browser.waitFor("document.querySelector('#stages').innerText.includes('33 of 60 steps')");
        browser.reload();
        browser.waitFor("document.querySelector('#stages').innerText.includes('33 of 60 steps')");
        going.append("align", "metrics.jsonl", "{\"step\": 34, \"lo\n").steps("align", 35, 35);
        browser.waitFor(
                "document.querySelector('#problem').innerText.includes('metrics.jsonl: 34: not a valid metrics line')");
        assertTrue(text("#stages").contains("35 of 60 steps"), text("#stages"));
        assertEquals(List.of(), browser.errors());
    }

    @Test
    void thePageFitsAPhoneAndTheDark() throws IOException {
        browser.size(375, 812);
        browser.scheme("dark");
        browser.go(server.address());
        browser.waitFor("document.querySelector('#loss svg')");
        assertEquals("375", browser.read("document.documentElement.scrollWidth"));
        browser.picture(PICTURES.resolve("run-phone.png"));
        assertEquals(List.of(), browser.errors());
    }

    @Test
    void aPageOfItsOwnNeedsNoServer() throws IOException {
        Path file = folder.resolve("run.html");
        new RunsSnapshot(new RunFolders(run), Clock.systemUTC()).write(file);
        browser.go(file.toUri().toString());
        browser.waitFor("document.querySelectorAll('#stages button').length === 2");
        assertEquals("finished", text("#status"));
        assertTrue(Files.size(file) < 500_000, "size");
        assertEquals(List.of(), browser.errors());
    }
}
