using System.Xml;
using static Dure.Exchange.Shells.Templates.TemplateParts;

namespace Dure.Exchange.Shells.Templates;

/// <summary>A variable of a time series: its name, its semantic id where one is known, its unit.</summary>
public sealed record SeriesVariable(string Name, string? SemanticId, string? Unit, XsdType Type = XsdType.Double);

/// <summary>A part of a time series, and where its records are.</summary>
/// <param name="Interval">The time between records; null when they come irregularly.</param>
/// <param name="IsCompleted">Nothing will be added to it.</param>
public sealed record SeriesSegment(string Name, long? Records, DateTimeOffset? Start, DateTimeOffset? End, TimeSpan? Interval, bool IsCompleted, DateTimeOffset? LastUpdate, SegmentPlace Place);

/// <summary>Where the records of a segment are.</summary>
public abstract record SegmentPlace
{
    private SegmentPlace()
    {
    }

    /// <summary>Behind an interface: its address and what to ask.</summary>
    public sealed record Linked(string Endpoint, string Query) : SegmentPlace;

    public sealed record External(FileAddress File) : SegmentPlace;

    /// <summary>In the submodel itself: the time and one value for each variable, as literals.</summary>
    public sealed record Internal(IReadOnlyList<(DateTimeOffset Time, IReadOnlyList<string?> Values)> Records) : SegmentPlace;
}

public sealed record TimeSeriesFacts(string SubmodelId, string Name, string? Description, IReadOnlyList<SeriesVariable> Variables, IReadOnlyList<SeriesSegment> Segments);

/// <summary>Time Series Data 1.1.1 (IDTA 02008). Times are absolute, in UTC.</summary>
public static class TimeSeriesTemplate
{
    public const string SemanticId = "https://admin-shell.io/idta/TimeSeries/1/1";
    private const string Base = "https://admin-shell.io/idta/TimeSeries/";
    private const string UtcTime = Base + "UtcTime/1/1";

    public static Submodel Fill(TimeSeriesFacts facts) => Submodel(facts.SubmodelId, "TimeSeries", Reference.Model(KeyKind.Submodel, SemanticId),
        Group("Metadata", Base + "Metadata/1/1",
            English("Name", Base + "Metadata/Name/1/1", facts.Name),
            English("Description", Base + "Metadata/Description/1/1", facts.Description),
            Record("Record", facts.Variables, null)),
        new SubmodelElementCollection
        {
            IdShort = "Segments",
            SemanticId = Reference.External(Base + "Segments/1/1"),
            Value = facts.Segments.Count == 0 ? null : [.. Named(facts.Segments, segment => segment.Name).Select(segment => Segment(segment.IdShort, segment.Item, facts.Variables))],
        });

    private static SubmodelElementCollection Segment(string idShort, SeriesSegment segment, IReadOnlyList<SeriesVariable> variables) => new()
    {
        IdShort = idShort,
        SemanticId = Reference.External(Base + segment.Place switch
        {
            SegmentPlace.Linked => "Segments/LinkedSegment/1/1",
            SegmentPlace.External => "Segments/ExternalSegment/1/1",
            _ => "Segments/InternalSegment/1/1",
        }),
        Value = [.. Particulars(segment).Concat(Content(segment.Place, variables)).OfType<SubmodelElement>()],
    };

    private static IEnumerable<SubmodelElement?> Particulars(SeriesSegment segment) =>
    [
        English("Name", Base + "Segment/Name/1/1", segment.Name),
        Number("RecordCount", Base + "Segment/RecordCount/1/1", segment.Records, XsdType.Long),
        Text("StartTime", Base + "Segment/StartTime/1/1", segment.Start is { } start ? Utc(start) : null),
        Text("EndTime", Base + "Segment/EndTime/1/1", segment.End is { } end ? Utc(end) : null),
        Text("Duration", Base + "Segment/Duration/1/1", segment is { Start: { } from, End: { } to } ? XmlConvert.ToString(to - from) : null),
        Number("SamplingInterval", Base + "Segment/SamplingInterval/1/1", segment.Interval is { } interval ? (long)interval.TotalMilliseconds : null, XsdType.Long),
        Text("State", Base + "Segment/State/1/1", segment.IsCompleted ? "completed" : "inProgress"),
        Text("LastUpdate", Base + "Segment/LastUpdate/1/1", segment.LastUpdate is { } last ? Utc(last) : null),
    ];

    private static IEnumerable<SubmodelElement?> Content(SegmentPlace place, IReadOnlyList<SeriesVariable> variables) => place switch
    {
        SegmentPlace.Linked linked => [Text("Endpoint", Base + "Endpoint/1/1", linked.Endpoint), Text("Query", Base + "Query/1/1", linked.Query)],
        SegmentPlace.External external => [File("File", Base + "File/1/1", external.File)],
        SegmentPlace.Internal inside => [Group("Records", Base + "Records/1/1", inside.Records.Select((record, at) => Record($"Record{at}", variables, record)))],
        _ => [],
    };

    /// <summary>A record, or the pattern of one where no values are given.</summary>
    private static SubmodelElement? Record(string idShort, IReadOnlyList<SeriesVariable> variables, (DateTimeOffset Time, IReadOnlyList<string?> Values)? record) => Group(idShort, Base + "Record/1/1",
        [
            new Property { IdShort = "Time", SemanticId = Reference.External(UtcTime), ValueType = XsdType.DateTime, Value = record is { } of ? Utc(of.Time) : null },
            .. Named(variables, variable => variable.Name).Select((variable, at) => new Property
            {
                IdShort = variable.IdShort,
                SemanticId = variable.Item.SemanticId is { } id ? Reference.External(id) : null,
                ValueType = variable.Item.Type,
                Value = record?.Values.ElementAtOrDefault(at),
                Description = record is null && variable.Item.Unit is { } unit ? LangString.English($"Unit: {unit}") : null,
            }),
        ]);
}
