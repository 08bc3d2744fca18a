/** Output for people: tables, progress, log lines, plots. */
package carve.app.report;
