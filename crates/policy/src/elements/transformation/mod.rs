//! What changes messages.

mod conversion;
pub mod find_and_replace;
pub mod json_to_xml;
pub mod mock_response;
pub mod redirect_content_urls;
pub mod return_response;
pub mod rewrite_uri;
pub mod set_body;
pub mod set_header;
pub mod set_method;
pub mod set_query_parameter;
pub mod set_status;
pub mod set_variable;
pub mod xml_to_json;
pub mod xsl_transform;
