/**
 * Shows runs of training while they go on, and afterwards: losses, layers, rates, speed, and what teacher and student answer.
 *
 * <p>A run is a folder with a folder for each stage; {@link carve.app.watch.RunFolders} finds runs, {@link
 * carve.app.watch.StageRecord} reads what a stage wrote and goes on where it stopped reading, {@link carve.app.watch.RunRecord}
 * has it all as JSON, {@link carve.app.watch.RunText} as text, and {@link carve.app.watch.WatchServer} shows it in a browser. Nothing
 * here writes into a run, so a run may be watched by any number of people, or by nobody.
 *
 * {@snippet :
 * RunFolders folders = new RunFolders(Path.of("runs/demo"));
 * RunText.lines(folders.read(Instant.now())).forEach(System.out::println);
 * }
 */
package carve.app.watch;
