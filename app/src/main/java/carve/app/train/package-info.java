/**
 * Runs of training, while they go on and afterwards: losses, layers, learning rates, speed, and samples of what teacher and
 * student answer.
 *
 * <p>A run is a folder with a folder for each stage. {@link carve.app.train.RunFolders} finds runs, {@link
 * carve.app.train.StageRecord} reads what a stage has written since it was last read, {@link carve.app.train.RunRecord} is a
 * run as JSON, {@link carve.app.train.RunTextReport} a run as text, and {@link carve.app.train.RunPageData} the data of the web
 * page. Nothing here writes into a run.
 *
 * {@snippet :
 * RunFolders folders = new RunFolders(Path.of("runs/demo"));
 * RunTextReport.lines(folders.read(Instant.now())).forEach(System.out::println);
 * }
 */
package carve.app.train;
