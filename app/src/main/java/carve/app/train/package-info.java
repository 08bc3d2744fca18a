/**
 * Shows runs of training while they go on, and afterwards: losses, layers, rates, speed, and what teacher and student answer.
 *
 * <p>A run is a folder with a folder for each stage; {@link carve.app.train.RunFolders} finds runs, {@link
 * carve.app.train.StageRecord} reads what a stage wrote and goes on where it stopped reading, {@link carve.app.train.RunRecord}
 * has it all as JSON, {@link carve.app.train.RunTextReport} as text, and {@link carve.app.train.WatchServer} shows it in a browser. Nothing
 * here writes into a run, so a run may be watched by any number of people, or by nobody.
 *
 * {@snippet :
 * RunFolders folders = new RunFolders(Path.of("runs/demo"));
 * RunText.lines(folders.read(Instant.now())).forEach(System.out::println);
 * }
 */
package carve.app.train;
