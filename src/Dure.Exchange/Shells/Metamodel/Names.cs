using System.Collections.Frozen;
using System.Reflection;
using System.Text.Json.Serialization;

namespace Dure.Exchange.Shells;

public enum AssetKind { Type, Instance, Role, NotApplicable }

public enum ModellingKind { Instance, Template }

public enum EntityKind { CoManagedEntity, SelfManagedEntity }

public enum QualifierKind { ConceptQualifier, TemplateQualifier, ValueQualifier }

public enum ReferenceKind { ExternalReference, ModelReference }

public enum EventDirection
{
    [JsonStringEnumMemberName("input")] Input,
    [JsonStringEnumMemberName("output")] Output,
}

public enum EventState
{
    [JsonStringEnumMemberName("on")] On,
    [JsonStringEnumMemberName("off")] Off,
}

/// <summary>What a key of a reference, or an element of a list, may be; the abstract ones stand for all their kinds.</summary>
public enum KeyKind
{
    AnnotatedRelationshipElement, AssetAdministrationShell, BasicEventElement, Blob, Capability, ConceptDescription, DataElement, Entity,
    EventElement, File, FragmentReference, GlobalReference, Identifiable, MultiLanguageProperty, Operation, Property, Range, Referable,
    ReferenceElement, RelationshipElement, Submodel, SubmodelElement, SubmodelElementCollection, SubmodelElementList,
}

/// <summary>What the elements of a list may be.</summary>
public enum ElementKind
{
    AnnotatedRelationshipElement, BasicEventElement, Blob, Capability, DataElement, Entity, EventElement, File, MultiLanguageProperty,
    Operation, Property, Range, ReferenceElement, RelationshipElement, SubmodelElement, SubmodelElementCollection, SubmodelElementList,
}

/// <summary>The 30 simple types of XML Schema that a value may have.</summary>
public enum XsdType
{
    [JsonStringEnumMemberName("xs:anyURI")] AnyUri,
    [JsonStringEnumMemberName("xs:base64Binary")] Base64Binary,
    [JsonStringEnumMemberName("xs:boolean")] Boolean,
    [JsonStringEnumMemberName("xs:byte")] Byte,
    [JsonStringEnumMemberName("xs:date")] Date,
    [JsonStringEnumMemberName("xs:dateTime")] DateTime,
    [JsonStringEnumMemberName("xs:decimal")] Decimal,
    [JsonStringEnumMemberName("xs:double")] Double,
    [JsonStringEnumMemberName("xs:duration")] Duration,
    [JsonStringEnumMemberName("xs:float")] Float,
    [JsonStringEnumMemberName("xs:gDay")] GDay,
    [JsonStringEnumMemberName("xs:gMonth")] GMonth,
    [JsonStringEnumMemberName("xs:gMonthDay")] GMonthDay,
    [JsonStringEnumMemberName("xs:gYear")] GYear,
    [JsonStringEnumMemberName("xs:gYearMonth")] GYearMonth,
    [JsonStringEnumMemberName("xs:hexBinary")] HexBinary,
    [JsonStringEnumMemberName("xs:int")] Int,
    [JsonStringEnumMemberName("xs:integer")] Integer,
    [JsonStringEnumMemberName("xs:long")] Long,
    [JsonStringEnumMemberName("xs:negativeInteger")] NegativeInteger,
    [JsonStringEnumMemberName("xs:nonNegativeInteger")] NonNegativeInteger,
    [JsonStringEnumMemberName("xs:nonPositiveInteger")] NonPositiveInteger,
    [JsonStringEnumMemberName("xs:positiveInteger")] PositiveInteger,
    [JsonStringEnumMemberName("xs:short")] Short,
    [JsonStringEnumMemberName("xs:string")] String,
    [JsonStringEnumMemberName("xs:time")] Time,
    [JsonStringEnumMemberName("xs:unsignedByte")] UnsignedByte,
    [JsonStringEnumMemberName("xs:unsignedInt")] UnsignedInt,
    [JsonStringEnumMemberName("xs:unsignedLong")] UnsignedLong,
    [JsonStringEnumMemberName("xs:unsignedShort")] UnsignedShort,
}

/// <summary>The data types of IEC 61360.</summary>
public enum Iec61360Type
{
    [JsonStringEnumMemberName("BLOB")] Blob,
    [JsonStringEnumMemberName("BOOLEAN")] Boolean,
    [JsonStringEnumMemberName("DATE")] Date,
    [JsonStringEnumMemberName("FILE")] File,
    [JsonStringEnumMemberName("HTML")] Html,
    [JsonStringEnumMemberName("INTEGER_COUNT")] IntegerCount,
    [JsonStringEnumMemberName("INTEGER_CURRENCY")] IntegerCurrency,
    [JsonStringEnumMemberName("INTEGER_MEASURE")] IntegerMeasure,
    [JsonStringEnumMemberName("IRDI")] Irdi,
    [JsonStringEnumMemberName("IRI")] Iri,
    [JsonStringEnumMemberName("RATIONAL")] Rational,
    [JsonStringEnumMemberName("RATIONAL_MEASURE")] RationalMeasure,
    [JsonStringEnumMemberName("REAL_COUNT")] RealCount,
    [JsonStringEnumMemberName("REAL_CURRENCY")] RealCurrency,
    [JsonStringEnumMemberName("REAL_MEASURE")] RealMeasure,
    [JsonStringEnumMemberName("STRING")] String,
    [JsonStringEnumMemberName("STRING_TRANSLATABLE")] StringTranslatable,
    [JsonStringEnumMemberName("TIME")] Time,
    [JsonStringEnumMemberName("TIMESTAMP")] Timestamp,
}

/// <summary>The names of an enumeration as they stand in JSON and XML.</summary>
internal sealed class WireNames
{
    private static readonly FrozenDictionary<Type, WireNames> all = new[]
    {
        typeof(AssetKind), typeof(ModellingKind), typeof(EntityKind), typeof(QualifierKind), typeof(ReferenceKind), typeof(EventDirection), typeof(EventState),
        typeof(KeyKind), typeof(ElementKind), typeof(XsdType), typeof(Iec61360Type), typeof(SecurityKind),
    }.ToFrozenDictionary(type => type, type => new WireNames(type));

    private readonly FrozenDictionary<string, object> byName;
    private readonly FrozenDictionary<object, string> byValue;

    private WireNames(Type type)
    {
        var names = type.GetFields(BindingFlags.Public | BindingFlags.Static)
            .ToDictionary(field => field.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name ?? field.Name, field => field.GetValue(null)!, StringComparer.Ordinal); // an enumeration's fields are its values
        byName = names.ToFrozenDictionary(StringComparer.Ordinal);
        byValue = names.ToFrozenDictionary(pair => pair.Value, pair => pair.Key);
    }

    public IEnumerable<string> All => byName.Keys.Order(StringComparer.Ordinal);

    public static WireNames Of(Type type) => all[type];

    public static string Name<T>(T value) where T : struct, Enum => all[typeof(T)].byValue[value];

    public string NameOf(object value) => byValue[value];

    public object? TryFind(string name) => byName.GetValueOrDefault(name);
}
