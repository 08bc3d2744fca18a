package carve.app.page;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Takes the screenshots of the documentation, for {@code docs/screenshots.sh}, of a server with the demo's models and runs. */
public final class Screenshots {
    private final Chromium browser;
    private final String address;
    private final Path image;
    private final Path out;

    private Screenshots(Chromium browser, String address, Path image, Path out) {
        this.browser = browser;
        this.address = address;
        this.image = image;
        this.out = out;
    }

    /**
     * Takes the screenshots.
     *
     * @param arguments the server's address, the image that models are asked about, and the folder to write to
     */
    public static void main(String[] arguments) throws IOException {
        try (Chromium browser = Chromium.start(1160, 830)) {
            Screenshots screenshots =
                    new Screenshots(browser, arguments[0], Path.of(arguments[1]), Path.of(arguments[2]));
            screenshots.warmUp();
            screenshots.sideBySide();
            screenshots.phone();
            screenshots.run();
        }
    }

    // the first answers of a server are slow, until its code is compiled
    private void warmUp() {
        for (String model : List.of("linear", "teacher")) {
            begin(1160, 830);
            choose("model", model);
            ask();
            for (int turn = 3; turn <= 60; turn++) {
                question("describe the picture", turn);
            }
        }
    }

    private void sideBySide() throws IOException {
        begin(1160, 830);
        choose("model", "linear");
        browser.click("#compare");
        choose("other", "teacher");
        ask();
        browser.picture(out.resolve("side-by-side.png"));
    }

    private void phone() throws IOException {
        begin(375, 760);
        choose("model", "linear");
        ask();
        browser.picture(out.resolve("phone.png"));
    }

    private void run() throws IOException {
        browser.size(1000, 1380);
        browser.go(address + "run.html#hybrid/logits");
        browser.waitFor("document.querySelector('#status').innerText === 'finished'");
        browser.waitFor("[...document.querySelectorAll('#samples img')].every(image => image.naturalWidth)");
        browser.picture(out.resolve("run.png"));
    }

    private void begin(int width, int height) {
        browser.size(width, height);
        browser.scheme("light");
        browser.go(address);
        browser.read("localStorage.clear()");
        browser.reload();
        browser.waitFor("document.querySelector('.welcome') && document.activeElement.id === 'question'");
        browser.click("#settings");
        browser.waitFor("document.querySelector('#settings-box').open");
        browser.read("document.querySelector('#temperature').focus()");
        browser.type("0");
        browser.click("#settings-box button");
        browser.waitFor("!document.querySelector('dialog[open]')");
    }

    private void choose(String list, String model) {
        browser.read(("(() => { const list = document.querySelector('#%s'); list.value = '%s';"
                        + " list.dispatchEvent(new Event('change')); })()")
                .formatted(list, model));
    }

    private void ask() {
        browser.upload("#file", image);
        browser.waitFor("document.querySelector('#pictures img')");
        question("describe the picture", 1);
        question("what colour is the star?", 2);
    }

    private void question(String text, int turn) {
        browser.read("document.querySelector('#question').focus()");
        browser.type(text);
        browser.press("Enter");
        browser.waitFor(
                "document.querySelectorAll('.turn').length === %d && document.querySelector('#send').innerText === '↑'"
                        .formatted(turn));
    }
}
