/** What people see: tables, progress, log lines. */
package carve.app.report;
