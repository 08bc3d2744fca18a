/** The work that commands do, apart from arguments and tables: settings, devices, models, recipes, generation, evaluation. */
package carve.app.work;
