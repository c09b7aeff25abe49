using Dure.Datasets;
using Xunit;

namespace Dure.Anchors.Datasets;

/// <summary>Public tables of plants, each with the fault that its copy is known for.</summary>
public sealed class PublicTables
{
    [Fact]
    public async Task The_steel_plants_midnights_are_found_day_by_day()
    {
        var seen = await Look("steel_industry_energy/Steel_industry_data.csv", Spec() with { Target = "Usage_kWh" });

        Assert.Null(seen.Refusal);
        Assert.Equal((35_040L, 11), (seen.Rows, seen.Columns.Count));
        Assert.Equal(("date", TableColumnType.Time, TableRole.Time), (seen.Columns[0].Name, seen.Columns[0].Type, seen.Columns[0].Role));
        Assert.Equal(365, Told(seen, "date", QualityKinds.WrongMidnights)!.Numbers["rows"]);
        Assert.Null(Told(seen, "date", QualityKinds.ClockBackward));
        Assert.Equal(3, seen.Columns.Single(column => column.Name == "Load_Type").Distinct);
    }

    [Fact]
    public async Task The_damaged_header_of_the_failures_of_machines_is_told()
    {
        var seen = await Look("ai4i2020/ai4i2020.csv", Spec() with { Target = "Machine failure" });

        Assert.Null(seen.Refusal);
        Assert.Equal(10_000, seen.Rows);
        Assert.Equal(8, Told(seen, "column8", QualityKinds.UnnamedColumn)!.Numbers["column"]);
        Assert.Equal(["Class", "Type", "Air temperature [K]"], seen.Columns.Take(3).Select(column => column.Name));
        Assert.Equal(339, seen.Columns.Single(column => column.Name == "Machine failure").Top.Single(top => top.Name == "yes").Rows);
    }

    [Fact]
    public async Task Turbofans_are_read_by_engine_and_cycle()
    {
        var seen = await Look("cmapss_fd001/train_FD001.txt", Spec() with { Group = "column1", Time = "column2" });

        Assert.Null(seen.Refusal);
        Assert.Equal((20_631L, 26, 100L), (seen.Rows, seen.Columns.Count, seen.Columns[0].Distinct));
        Assert.NotNull(Told(seen, "column22", QualityKinds.Constant) ?? Told(seen, "column23", QualityKinds.Constant));
        Assert.Null(Told(seen, "column2", QualityKinds.ClockBackward));
    }

    [Fact]
    public async Task Faults_of_plates_are_numbers_and_yes_or_no()
    {
        var seen = await Look("steel_plates_faults/SteelPlatesFaults_Clean.csv", Spec());

        Assert.Null(seen.Refusal);
        Assert.Equal((1941L, 34), (seen.Rows, seen.Columns.Count));
        Assert.All(seen.Columns.TakeLast(7), column => Assert.Equal(TableColumnType.YesNo, column.Type));
    }

    private static TableSpec Spec() => new() { Name = "seen", Title = "Seen", Licence = "CC-BY-4.0" };

    private static Task<TablePreview> Look(string file, TableSpec spec) => DatasetCatalog.Look(Shared.Path($"data/learning/{file}"), Path.GetFileName(file), spec, TestContext.Current.CancellationToken);

    private static QualityFinding? Told(TablePreview seen, string column, string kind) =>
        seen.Quality.Columns.Where(one => one.Column == column).SelectMany(one => one.Findings).FirstOrDefault(finding => finding.Key == kind);
}
