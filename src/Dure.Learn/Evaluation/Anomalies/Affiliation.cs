namespace Dure.Learn.Evaluation;

/// <summary>
/// How near alarms lie to events, against alarms at random places (Huet, Navarro and Rossi 2022), counted in rows: each event has the rows that
/// are nearest to it as its zone; a distance is worth the share of the zone that is no nearer.
/// </summary>
internal static class Affiliation
{
    public static (double Precision, int PrecisionZones, double Recall, int Zones) Of(List<RowRun> events, bool[] alarms)
    {
        var (precision, told, recall) = (0.0, 0, 0.0);
        for (var i = 0; i < events.Count; i++)
        {
            var zone = new RowRun(i == 0 ? 0 : (events[i - 1].Last + events[i].First) / 2 + 1, i == events.Count - 1 ? alarms.Length - 1 : (events[i].Last + events[i + 1].First) / 2);
            if (Precision(events[i], zone, alarms) is { } value)
                (precision, told) = (precision + value, told + 1);
            recall += Recall(events[i], zone, alarms);
        }
        return (precision, told, recall, events.Count);
    }

    /// <summary>Mean worth of the alarms' distances to the event; null without an alarm in the zone.</summary>
    private static double? Precision(RowRun one, RowRun zone, bool[] alarms)
    {
        var (sum, count) = (0.0, 0);
        for (var row = zone.First; row <= zone.Last; row++)
        {
            if (!alarms[row])
                continue;
            var far = Math.Max(0, Math.Max(one.First - row, row - one.Last));
            // Rows nearer to the event than this one, the event's own among them.
            var nearer = far == 0 ? 0 : new RowRun(one.First - far + 1, one.Last + far - 1).Overlap(zone);
            (sum, count) = (sum + 1 - (double)nearer / zone.Length, count + 1);
        }
        return count > 0 ? sum / count : null;
    }

    /// <summary>Mean worth of the distances from the event's rows to the nearest alarm of the zone; 0 without one.</summary>
    private static double Recall(RowRun one, RowRun zone, bool[] alarms)
    {
        var places = Enumerable.Range(zone.First, zone.Length).Where(row => alarms[row]).ToArray();
        if (places.Length == 0)
            return 0;
        var (sum, next) = (0.0, 0);
        for (var row = one.First; row <= one.Last; row++)
        {
            while (next < places.Length && places[next] < row)
                next++;
            var far = Math.Min(next < places.Length ? places[next] - row : int.MaxValue, next > 0 ? row - places[next - 1] : int.MaxValue);
            var nearer = far == 0 ? 0 : new RowRun(row - far + 1, row + far - 1).Overlap(zone);
            sum += 1 - (double)nearer / zone.Length;
        }
        return sum / one.Length;
    }
}
