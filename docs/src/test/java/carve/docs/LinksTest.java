package carve.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Links of the documentation lead somewhere. */
final class LinksTest {
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)#\\s]+)(#[^)]*)?\\)");

    @Test
    void linksLeadToFiles() throws IOException {
        var broken = new TreeSet<String>();
        for (Path page : Project.pages()) {
            List<String> targets = LINK.matcher(Files.readString(page))
                    .results()
                    .map((MatchResult match) -> match.group(1))
                    .filter(target -> !target.contains("://"))
                    .toList();
            for (String target : targets) {
                if (!Files.exists(page.resolveSibling(target))) {
                    broken.add(Project.ROOT.relativize(page) + " links to " + target);
                }
            }
        }
        assertEquals(new TreeSet<>(), broken);
    }

    @Test
    void everyPageIsLinked() throws IOException {
        var linked = new TreeSet<Path>();
        for (Path page : Project.pages()) {
            LINK.matcher(Files.readString(page))
                    .results()
                    .forEach(match ->
                            linked.add(page.resolveSibling(match.group(1)).normalize()));
        }
        var orphans = new TreeSet<>(Project.pages());
        orphans.removeAll(linked);
        orphans.remove(Project.ROOT.resolve("README.md"));
        assertEquals(new TreeSet<>(), orphans);
    }
}
