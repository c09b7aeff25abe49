using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Xunit;

namespace Dure.HostTests;

/// <summary>A campaign by the command line alone, as someone with a spreadsheet makes it.</summary>
public sealed class LabCommandTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("dure-lab-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_plan_leads_by_trials_that_are_filled_in_to_a_report_of_the_best()
    {
        await Told("lab", "new", "coupling.json");
        Assert.Contains("4 factors", await Told("lab", "check", "coupling.json"), StringComparison.Ordinal);
        for (var round = 0; round < 4; round++)
        {
            Assert.Contains("Fill in", await Told("lab", "suggest", "coupling.json", "--count", "3"), StringComparison.Ordinal);
            FillIn();
        }
        var told = await Told("lab", "suggest", "coupling.json", "--pin", "solvent=water", "--narrow", "time=5..20");
        Assert.Contains("trial 13", told, StringComparison.Ordinal);
        Assert.Contains("solvent = 'water'", told, StringComparison.Ordinal);
        Assert.Contains("Expected: yield", told, StringComparison.Ordinal);
        Assert.Contains("ten more", told, StringComparison.Ordinal);
        var report = await Told("lab", "report", "coupling.json");
        Assert.Contains("12 measured, 0 failed, 1 under way", report, StringComparison.Ordinal);
        Assert.Contains("## The best", report, StringComparison.Ordinal);
        Assert.Contains("## Whether more trials are worth making", report, StringComparison.Ordinal);
        // A second campaign begins where the first was best.
        File.WriteAllText(Path.Combine(folder, "second.json"), """
            {"version":1,"name":"second","budget":9,"earlier":["coupling.json"],"outcomes":[{"name":"yield","unit":"%","aim":"more"}],
             "factors":[{"name":"temperature","unit":"K","low":300,"high":390},{"name":"time","unit":"s","low":60,"high":3600},{"name":"equivalents","low":1,"high":2},{"name":"solvent","options":["ethanol","water"]}]}
            """);
        Assert.Contains("Transfers: the earlier campaign 'coupling'", await Told("lab", "suggest", "second.json"), StringComparison.Ordinal);
        Assert.Contains(",coupling,", File.ReadAllText(Path.Combine(folder, "second.csv")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_wrong_is_said_and_the_sheet_stays_as_it_was()
    {
        await Told("lab", "new", "plan.json");
        await Told("lab", "suggest", "plan.json");
        var sheet = Path.Combine(folder, "plan.csv");
        var spoilt = File.ReadAllText(sheet).Replace(",ethanol,", ",acetone,", StringComparison.Ordinal).Replace(",water,", ",acetone,", StringComparison.Ordinal).Replace(",toluene,", ",acetone,", StringComparison.Ordinal);
        File.WriteAllText(sheet, spoilt);
        var (code, _, complaint) = await Run("lab", "suggest", "plan.json");
        Assert.Equal(1, code);
        Assert.Contains("acetone", complaint, StringComparison.Ordinal);
        Assert.Contains("row 2", complaint, StringComparison.Ordinal);
        Assert.Contains("water, ethanol, toluene", complaint, StringComparison.Ordinal);
        Assert.Equal(spoilt, File.ReadAllText(sheet));
        File.WriteAllBytes(sheet, [0x74, 0xbe, 0xe7]); // Korean as older spreadsheets save it
        Assert.Contains("CSV UTF-8", (await Run("lab", "suggest", "plan.json")).Complaint, StringComparison.Ordinal);
        Assert.Equal(1, (await Run("lab", "new", "plan.json")).Code); // never over what is there
    }

    [Fact]
    public async Task The_demonstration_leads_from_the_idea_to_the_report_with_a_person_in_between()
    {
        var told = JsonNode.Parse(await Told("lab", "demo", "--pace", "20000", "--json", "--data", folder))!;
        Assert.True(told["simulated"]!.GetValue<bool>());
        Assert.Equal(24, told["known"]!.GetValue<int>());
        Assert.Equal(1, told["vetoed"]!.GetValue<int>());
        var report = File.ReadAllText(told["report"]!.GetValue<string>());
        Assert.Contains("24 results of 24 planned trials", report, StringComparison.Ordinal);
        Assert.Contains("## Rehearsed before it touched an instrument", report, StringComparison.Ordinal);
        Assert.Contains("- in reality the best after 24 trials was", report, StringComparison.Ordinal);
        Assert.Contains($"- Trial {told["best"]}:", report, StringComparison.Ordinal);
    }

    /// <summary>Writes outcomes into the rows that have none; the yield is best at 80 degrees.</summary>
    private void FillIn()
    {
        var sheet = Path.Combine(folder, "coupling.csv");
        var lines = File.ReadAllLines(sheet);
        for (var i = 1; i < lines.Length; i++)
        {
            var cells = lines[i].Split(',');
            if (cells[6].Length > 0)
                continue;
            var temperature = double.Parse(cells[2], CultureInfo.InvariantCulture);
            (cells[6], cells[7]) = ((90 - Math.Pow((temperature - 80) / 8, 2)).ToString(CultureInfo.InvariantCulture), (temperature / 50).ToString(CultureInfo.InvariantCulture));
            lines[i] = string.Join(',', cells);
        }
        File.WriteAllLines(sheet, lines);
    }

    private async Task<string> Told(params string[] arguments)
    {
        var (code, told, complaint) = await Run(arguments);
        Assert.True(code == 0, complaint);
        return told;
    }

    private async Task<(int Code, string Told, string Complaint)> Run(params string[] arguments)
    {
        var cancel = TestContext.Current.CancellationToken;
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };
        foreach (var argument in (string[])[Path.Combine(AppContext.BaseDirectory, "dure.dll"), .. arguments])
            start.ArgumentList.Add(argument);
        using var command = Process.Start(start)!;
        var told = command.StandardOutput.ReadToEndAsync(cancel);
        var complaint = command.StandardError.ReadToEndAsync(cancel);
        await command.WaitForExitAsync(cancel);
        return (command.ExitCode, await told, await complaint);
    }
}
