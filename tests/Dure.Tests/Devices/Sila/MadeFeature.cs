namespace Dure.Tests.Devices.Sila;

/// <summary>A feature with one of each: types, constraints, commands, properties, metadata.</summary>
internal static class MadeFeature
{
    public const string Identifier = "org.made/lab/Reactor/v2";

    public const string Xml = """
        <?xml version="1.0" encoding="utf-8"?>
        <Feature xmlns="http://www.sila-standard.org" Locale="en" SiLA2Version="1.1" FeatureVersion="2.3" MaturityLevel="Draft" Originator="org.made" Category="lab">
          <Identifier>Reactor</Identifier><DisplayName>Reactor</DisplayName><Description>A reactor made for tests.</Description>
          <Command><Identifier>React</Identifier><DisplayName>React</DisplayName><Description>Heats and waits.</Description><Observable>Yes</Observable>
            <Parameter><Identifier>Temperature</Identifier><DisplayName>Temperature</DisplayName><Description>Of the bath.</Description>
              <DataType><Constrained><DataType><Basic>Real</Basic></DataType><Constraints><Unit><Label>°C</Label><Factor>1</Factor><Offset>273.15</Offset><UnitComponent><SIUnit>Kelvin</SIUnit><Exponent>1</Exponent></UnitComponent></Unit><MinimalInclusive>20</MinimalInclusive><MaximalExclusive>90</MaximalExclusive></Constraints></Constrained></DataType></Parameter>
            <Parameter><Identifier>Solvent</Identifier><DisplayName>Solvent</DisplayName><Description>In what.</Description>
              <DataType><Constrained><DataType><Basic>String</Basic></DataType><Constraints><Set><Value>water</Value><Value>ethanol</Value></Set></Constraints></Constrained></DataType></Parameter>
            <Response><Identifier>Yield</Identifier><DisplayName>Yield</DisplayName><Description>What was won.</Description>
              <DataType><Constrained><DataType><Basic>Real</Basic></DataType><Constraints><Unit><Label>%</Label></Unit></Constraints></Constrained></DataType></Response>
            <Response><Identifier>Log</Identifier><DisplayName>Log</DisplayName><Description>What happened.</Description><DataType><List><DataType><Basic>String</Basic></DataType></List></DataType></Response>
            <IntermediateResponse><Identifier>Progress</Identifier><DisplayName>Progress</DisplayName><Description>So far.</Description><DataType><Basic>Integer</Basic></DataType></IntermediateResponse>
            <DefinedExecutionErrors><Identifier>Overheated</Identifier></DefinedExecutionErrors>
          </Command>
          <Command><Identifier>Echo</Identifier><DisplayName>Echo</DisplayName><Description>Gives back what it got.</Description><Observable>No</Observable>
            <Parameter><Identifier>Vials</Identifier><DisplayName>Vials</DisplayName><Description>Some.</Description>
              <DataType><Constrained><DataType><List><DataType><DataTypeIdentifier>Vial</DataTypeIdentifier></DataType></List></DataType><Constraints><MaximalElementCount>3</MaximalElementCount></Constraints></Constrained></DataType></Parameter>
            <Parameter><Identifier>Raw</Identifier><DisplayName>Raw</DisplayName><Description>Bytes.</Description><DataType><Basic>Binary</Basic></DataType></Parameter>
            <Parameter><Identifier>At</Identifier><DisplayName>At</DisplayName><Description>When.</Description><DataType><Basic>Timestamp</Basic></DataType></Parameter>
            <Response><Identifier>Vials</Identifier><DisplayName>Vials</DisplayName><Description>The same.</Description><DataType><List><DataType><DataTypeIdentifier>Vial</DataTypeIdentifier></DataType></List></DataType></Response>
            <Response><Identifier>Raw</Identifier><DisplayName>Raw</DisplayName><Description>The same.</Description><DataType><Basic>Binary</Basic></DataType></Response>
            <Response><Identifier>At</Identifier><DisplayName>At</DisplayName><Description>The same.</Description><DataType><Basic>Timestamp</Basic></DataType></Response>
          </Command>
          <Property><Identifier>Serial</Identifier><DisplayName>Serial</DisplayName><Description>Its number.</Description><Observable>No</Observable><DataType><Basic>String</Basic></DataType></Property>
          <Property><Identifier>Temperature</Identifier><DisplayName>Temperature</DisplayName><Description>Now.</Description><Observable>Yes</Observable><DataType><Basic>Real</Basic></DataType></Property>
          <Metadata><Identifier>Operator</Identifier><DisplayName>Operator</DisplayName><Description>Who asks.</Description><DataType><Basic>String</Basic></DataType></Metadata>
          <DefinedExecutionError><Identifier>Overheated</Identifier><DisplayName>Overheated</DisplayName><Description>Too hot.</Description></DefinedExecutionError>
          <DataTypeDefinition><Identifier>Vial</Identifier><DisplayName>Vial</DisplayName><Description>A vial.</Description>
            <DataType><Structure>
              <Element><Identifier>Barcode</Identifier><DisplayName>Barcode</DisplayName><Description>Its name.</Description><DataType><Basic>String</Basic></DataType></Element>
              <Element><Identifier>Mass</Identifier><DisplayName>Mass</DisplayName><Description>In grams.</Description><DataType><Basic>Real</Basic></DataType></Element>
              <Element><Identifier>Opened</Identifier><DisplayName>Opened</DisplayName><Description>When.</Description><DataType><List><DataType><Basic>Date</Basic></DataType></List></DataType></Element>
            </Structure></DataType></DataTypeDefinition>
        </Feature>
        """;
}
