namespace Dure.Learn;

/// <summary>Healthy rows of one machine, taken as commissioning, and the healthy rows that followed them.</summary>
/// <param name="Name">What the rows are, such as the machine and the row range.</param>
/// <param name="Source">Group whose trials are averaged before groups are, so that many short trials do not outvote few long ones.</param>
/// <param name="Columns">Signals per row.</param>
/// <param name="Commissioning">Row-major rows to fit on.</param>
/// <param name="Following">Row-major rows to score, in time order after the first.</param>
public sealed record HealthyTrial(string Name, string Source, int Columns, ReadOnlyMemory<double> Commissioning, ReadOnlyMemory<double> Following)
{
    private const int CommissioningPercent = 70;

    /// <summary>Splits a machine's commissioning rows in time: the first 70 % to fit on, the rest to score.</summary>
    public static HealthyTrial FromCommissioning(string machine, ReadOnlyMemory<double> rows, int columns)
    {
        var count = rows.Length / columns;
        var fitted = count * CommissioningPercent / 100;
        return new($"{machine} commissioning rows 0-{fitted - 1} then {fitted}-{count - 1}", "held-out commissioning", columns,
            rows[..(fitted * columns)], rows[(fitted * columns)..(count * columns)]);
    }

    /// <summary>Cuts a long fault-free recording into windows that do not share scored rows: commission on some rows, score those that follow.</summary>
    public static IEnumerable<HealthyTrial> FromReference(string machine, ReadOnlyMemory<double> rows, int columns, int commissioningRows, int horizonRows)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(commissioningRows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(horizonRows, 1);
        var count = rows.Length / columns;
        for (var start = 0; start + commissioningRows + horizonRows <= count; start += horizonRows)
        {
            var scored = start + commissioningRows;
            yield return new($"{machine} rows {start}-{scored - 1} then {scored}-{scored + horizonRows - 1}", "fault-free recording", columns,
                rows[(start * columns)..(scored * columns)], rows[(scored * columns)..((scored + horizonRows) * columns)]);
        }
    }
}
