namespace Dure.Optimize.Designs;

/// <summary>
/// Designs of three levels for a second-order surface that leave out the corners (Box and Behnken 1960): two-level factorials of a few factors at a time, the
/// others in the middle. With 3 to 7 factors 15, 27, 46, 54 and 62 runs.
/// </summary>
public static class BoxBehnken
{
    private const string Where = "Box-Behnken design";

    // Which factors move together, blocks parted by a bar where the design has blocks that leave all effects alone.
    private static readonly Dictionary<int, string> Together = new()
    {
        [3] = "01 02 12",
        [4] = "01 23|03 12|02 13",
        [5] = "01 23 14 02 34|12 03 24 04 13",
        [6] = "013 124 235 034 145 025",
        [7] = "013 124 235 346 045 156 026",
    };

    /// <param name="centres">Runs at the centre; -1: the usual 3, 3, 6, 6 and 6.</param>
    /// <param name="isBlocked">Whether it is parted into blocks: three with four factors, two with five.</param>
    public static DesignTable Of(IReadOnlyList<Factor> factors, int centres = -1, bool isBlocked = false)
    {
        DesignProblem.CheckContinuous(factors, Where, 3, 7);
        var parts = Together[factors.Count].Split('|');
        if (centres < 0)
            centres = factors.Count < 5 ? 3 : 6;
        if (isBlocked && (parts.Length == 1 || centres % parts.Length != 0))
            throw DesignProblem.Of("blocks", $"With {factors.Count} factors and {centres} centre runs there are no blocks that leave effects alone.", Where, "Use four factors with 3, 6, … or five with 2, 4, 6, … centre runs, or no blocks.");
        var (rows, blocks) = (new List<double[]>(), new List<int>());
        for (var part = 0; part < parts.Length; part++)
        {
            foreach (var moving in parts[part].Split(' '))
                for (var corner = 0; corner < 1 << moving.Length; corner++)
                {
                    var row = new double[factors.Count];
                    for (var i = 0; i < moving.Length; i++)
                        row[moving[i] - '0'] = (corner >> i & 1) == 1 ? 1 : -1;
                    rows.Add(row);
                }
            var centreRuns = isBlocked ? centres / parts.Length : part == parts.Length - 1 ? centres : 0;
            for (var centre = 0; centre < centreRuns; centre++)
                rows.Add(new double[factors.Count]);
            while (blocks.Count < rows.Count)
                blocks.Add(isBlocked ? part : 0);
        }
        return new(factors, rows, blocks);
    }
}
